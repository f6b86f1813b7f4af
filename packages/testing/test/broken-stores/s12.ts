import { delegate, type StoreSin, withBatches } from "./sin.js";
import { committedRows, withRows, withStreams, withWrites } from "./twists.js";

export const s12: StoreSin = {
  sin: "a restart loses what was with a relay",
  caughtBy: { "S12/restart": /deep-equal/ },
  world: ({ restart }, { database }) => ({
    async restart() {
      database.waiting.clear();
      await restart?.();
    },
  }),
};

export const s12Unaware: StoreSin = {
  sin: "an end that the restart cut off is taken for done",
  caughtBy: { "S12/restart": /was taken/ },
  commit: (store) =>
    withBatches(store, ({ rows, end }) => ({ rows, end: (outcome) => end(outcome).catch(() => undefined) })),
};

export const s12Stuck: StoreSin = {
  sin: "after a restart nothing works until the process is started anew",
  caughtBy: { "S12/restart": /transaction succeeds/ },
  commit: (store, stage) => ({
    ...delegate(store),
    transaction: async (work, options) => {
      if (stage.restarts > 0) throw new Error("read ECONNRESET");
      return store.transaction(work, options);
    },
  }),
};

export const s12Open: StoreSin = {
  sin: "close is for looks: everything works afterwards",
  caughtBy: { "S12/not-open": /was taken/ },
  commit: (store) => ({ ...delegate(store), close: async () => undefined }),
};

export const s12Abrupt: StoreSin = {
  sin: "close cuts off what is under way",
  caughtBy: { "S12/close-waits": /store is closed/ },
  commit(store) {
    let closed: Error | undefined;
    return {
      ...delegate(store),
      transaction: (work, options) =>
        store.transaction(async (tx) => {
          const result = await work(tx);
          if (closed) throw closed;
          return result;
        }, options),
      async close() {
        closed = new Error("the store is closed");
        await store.close();
      },
    };
  },
};

export const s12Reads: StoreSin = {
  sin: "after close the log is read still",
  caughtBy: { "S12/not-open": /head before open was taken/ },
  commit: (store, stage) => withStreams(store, () => ({ head: async () => committedRows(stage).length })),
};

export const s12Checkpoints: StoreSin = {
  sin: "a restart puts checkpoints back to where they began",
  caughtBy: { "S12/streams-restart": /strictly equal/i },
  world: ({ restart }, { database }) => ({
    async restart() {
      database.checkpoints.clear();
      await restart?.();
    },
  }),
};

export const s12Gap: StoreSin = {
  sin: "after a restart positions go on behind a gap",
  caughtBy: { "S12/streams-restart": /strictly equal|deep-equal/i },
  commit: (store, stage) =>
    withStreams(store, (streams) => ({
      head: async () => (await streams.head()) + stage.restarts * 32,
    })),
};

export const s12Events: StoreSin = {
  sin: "a restart loses what was appended before it",
  caughtBy: { "S12/streams-restart": /deep-equal/ },
  commit: (store, stage) => withRows(store, stage, (rows) => (stage.restarts > 0 ? [] : rows)),
};

export const s12Unanswered: StoreSin = {
  sin: "what a dead connection has written stays",
  caughtBy: { "S12/streams-cut-off": /deep-equal/ },
  commit: (store, { database }) =>
    withWrites(store, () => ({
      write: async (collection, changes) =>
        database.documents.write(collection, new Map(changes.map(({ key, body }) => [key, body]))),
    })),
};
