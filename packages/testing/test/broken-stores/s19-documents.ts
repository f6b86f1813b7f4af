import { delegate, type StoreSin } from "./sin.js";
import { like, withDocuments, withWrites } from "./twists.js";

export const s19Normal: StoreSin = {
  sin: "the texts of documents are made anew",
  caughtBy: { "S19/documents": /deep-equal/ },
  commit: (store) =>
    withWrites(store, (documents) => ({
      write: (collection, changes) =>
        documents.write(
          collection,
          changes.map(({ key, body }) => ({
            key,
            body: body === undefined ? undefined : JSON.stringify(JSON.parse(body)),
          })),
        ),
    })),
};

export const s19Nulls: StoreSin = {
  sin: "what is removed is null",
  caughtBy: { "S19/documents": /deep-equal/, "S19/own-writes": /deep-equal/ },
  commit: (store) =>
    withWrites(store, (documents) => ({
      write: (collection, changes) =>
        documents.write(
          collection,
          changes.map(({ key, body = "null" }) => ({ key, body })),
        ),
    })),
};

export const s19First: StoreSin = {
  sin: "of several changes of one key the first one counts",
  caughtBy: { "S19/documents": /deep-equal/ },
  commit: (store) =>
    withWrites(store, (documents) => ({
      write: (collection, changes) => documents.write(collection, [...changes].reverse()),
    })),
};

export const s19CollectionUnits: StoreSin = {
  sin: "documents are in the order of UTF-16",
  caughtBy: { "S19/order": /deep-equal|prefix/ },
  commit: (store) =>
    withDocuments(store, (documents) => ({
      async list(collection, { prefix = "", after = "", limit = 1_000 } = {}) {
        const all = await documents.list(collection, { prefix, limit: 10_000 });
        return [...all]
          .filter(({ key }) => key > after)
          .sort((one, other) => (one.key < other.key ? -1 : 1))
          .slice(0, limit);
      },
    })),
};

export const s19CollectionWild: StoreSin = {
  sin: "the prefix of documents is a pattern of LIKE",
  caughtBy: { "S19/order": /"prefix":"(%|_)"/ },
  commit: (store) =>
    withDocuments(store, (documents) => ({
      async list(collection, { prefix = "", limit = 1_000, ...options } = {}) {
        const all = await documents.list(collection, { ...options, limit: 10_000 });
        return all.filter(({ key }) => like(prefix).test(key)).slice(0, limit);
      },
    })),
};

export const s19Endless: StoreSin = {
  sin: "all are listed unless told otherwise",
  caughtBy: { "S19/many": /deep-equal/ },
  commit: (store) =>
    withDocuments(store, (documents) => ({
      list: (collection, options) => documents.list(collection, { limit: 1_000_000, ...options }),
    })),
};

export const s19Piece: StoreSin = {
  sin: "of a large collection the first piece is cleared",
  caughtBy: { "S19/many": /strictly equal/i },
  commit: (store) => ({
    ...delegate(store),
    documents: {
      read: (collection, keys) => store.documents.read(collection, keys),
      list: (collection, options) => store.documents.list(collection, options),
      async clear(collection) {
        const piece = await store.documents.list(collection);
        await store.transaction((tx) =>
          tx.documents.write(
            collection,
            piece.map(({ key }) => ({ key, body: undefined })),
          ),
        );
        return piece.length;
      },
    },
  }),
};

export const s19Committed: StoreSin = {
  sin: "a transaction sees the documents that are committed",
  caughtBy: { "S19/own-writes": /deep-equal/ },
  commit: (store, { database: { documents } }) =>
    withWrites(store, () => ({
      read: (collection, keys) => documents.read(collection, keys),
      list: (collection, options) => documents.list(collection, options),
    })),
};

export const s19AtOnce: StoreSin = {
  sin: "documents are written at once, whatever becomes of the transaction",
  caughtBy: { "S19/own-writes": /deep-equal/, "S14/transaction": /deep-equal/ },
  commit: (store, { database }) =>
    withWrites(store, () => ({
      write: async (collection, changes) =>
        database.documents.write(collection, new Map(changes.map(({ key, body }) => [key, body]))),
    })),
};

export const s19Lost: StoreSin = {
  sin: "the last one writes over what the others have written",
  caughtBy: { "S19/no-lost-update": /strictly equal/i, "S19/crossing": /deep-equal/ },
  commit: (store, { database: { documents } }) =>
    withWrites(store, () => ({ read: (collection, keys) => documents.read(collection, keys) })),
};

export const s19LostFirst: StoreSin = {
  sin: "what was not there when it was read is not looked at again",
  caughtBy: { "S19/no-lost-update": /strictly equal/i },
  commit: (store, { database }) =>
    withWrites(store, (documents) => ({
      async read(collection, keys) {
        const found = await database.documents.read(collection, keys);
        return found.size === keys.length ? documents.read(collection, keys) : found;
      },
    })),
};
