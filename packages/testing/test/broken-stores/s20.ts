import type { AnyStore, Stage, StoreSin } from "./sin.js";
import { withDocuments, withWrites } from "./twists.js";

const nameOf = (collection: string, key: string): string => JSON.stringify([collection, key]);

export const s20Lossy: StoreSin = {
  sin: "every seventh time that documents are written nothing is",
  caughtBy: { "S20/at-once": /did not happen|deep-equal/ },
  commit: (store) => {
    let times = 0;
    return withWrites(store, (documents) => ({
      write: async (collection, changes) => {
        times += 1;
        if (times % 7 !== 0) await documents.write(collection, changes);
      },
    }));
  },
};

/** What was written last, by whom, and what was there before. */
interface Written {
  readonly by: AnyStore;
  readonly before: string | undefined;
}

const lastWrites: WeakMap<Stage, Map<string, Written>> = new WeakMap();

export const s20Late: StoreSin = {
  sin: "the first to read what another store has written is shown what was there before",
  caughtBy: { "S20/meeting": /did not happen|deep-equal/ },
  commit: (store, stage) => {
    const written = lastWrites.get(stage) ?? new Map<string, Written>();
    lastWrites.set(stage, written);
    return withWrites(store, (documents) => ({
      async read(collection, keys) {
        const found = new Map(await documents.read(collection, keys));
        for (const key of keys) {
          const last = written.get(nameOf(collection, key));
          if (last === undefined || last.by === store) continue;
          written.delete(nameOf(collection, key));
          if (last.before === undefined) found.delete(key);
          else found.set(key, last.before);
        }
        return found;
      },
      async write(collection, changes) {
        const keys = changes.map(({ key }) => key);
        const before = await documents.read(collection, keys);
        for (const key of keys) written.set(nameOf(collection, key), { by: store, before: before.get(key) });
        await documents.write(collection, changes);
      },
    }));
  },
};

export const s20Hidden: StoreSin = {
  sin: "who lists documents is shown none",
  caughtBy: { "S20/way": /did not happen/ },
  commit: (store) => withDocuments(store, () => ({ list: async () => [] })),
};
