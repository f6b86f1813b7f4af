import type { StoreSin } from "./sin.js";
import { withDocuments, withWrites } from "./twists.js";

export const s20Stale: StoreSin = {
  sin: "a store reads a document once, and knows nothing of what others write",
  caughtBy: { "S20/at-once": /did not happen|deep-equal/, "S20/meeting": /did not happen|deep-equal/ },
  commit: (store) => {
    const known = new Map<string, string | undefined>();
    const nameOf = (collection: string, key: string): string => JSON.stringify([collection, key]);
    return withWrites(store, (documents) => ({
      async read(collection, keys) {
        const found = await documents.read(collection, keys);
        for (const key of keys)
          if (!known.has(nameOf(collection, key))) known.set(nameOf(collection, key), found.get(key));
        const pairs = keys.map((key) => [key, known.get(nameOf(collection, key))] as const);
        return new Map(pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
      },
      async write(collection, changes) {
        for (const { key, body } of changes) known.set(nameOf(collection, key), body);
        await documents.write(collection, changes);
      },
    }));
  },
};

export const s20Hidden: StoreSin = {
  sin: "who lists documents is shown none without a prefix",
  caughtBy: { "S20/way": /did not happen/ },
  commit: (store) =>
    withDocuments(store, (documents) => ({
      list: async (collection, options = {}) =>
        options.prefix === undefined ? [] : documents.list(collection, options),
    })),
};
