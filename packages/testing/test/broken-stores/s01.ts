import { AsyncLocalStorage } from "node:async_hooks";
import type { MemoryRows } from "@meshwright/core";
import type { Transaction } from "@meshwright/core/adapter";
import { delegate, type StoreSin, withTransactions } from "./sin.js";
import { withWrites } from "./twists.js";

export const s01: StoreSin = {
  sin: "the outbox is written on a connection of its own",
  caughtBy: {
    "S1/nothing-of-it": /deep-equal/,
    "S1/dies": /deep-equal/,
    "S2/many-writers": /what was relayed/,
  },
  commit: (store, { database }) =>
    withTransactions(store, () => ({ append: async (rows) => database.append(rows, Date.now()) })),
};

/** The client inside of the transaction, for each that is outside. */
const inside = new WeakMap<MemoryRows, MemoryRows>();

export const s01OwnWrites: StoreSin = {
  sin: "the client that the work gets is outside of the transaction",
  caughtBy: { "S1/nothing-of-it": /strictly equal/i, "S1/dies": /'written'/ },
  commit: (store, { database }) =>
    withTransactions(store, (tx) => {
      const client: MemoryRows = {
        get: (key) => database.rows.get(key),
        set: (key, value) => void database.rows.set(key, value),
      };
      inside.set(client, tx.client);
      return { client };
    }),
  world: ({ abandon }) => ({ abandon: (client) => abandon?.(inside.get(client) ?? client) }),
};

export const s01Forgets: StoreSin = {
  sin: "rows are stored soon after the commit, by a process that may be gone then",
  caughtBy: { "S1/all-of-it": /deep-equal/ },
  commit: (store) => withTransactions(store, () => ({ append: async () => undefined })),
};

export const s01Dies: StoreSin = {
  sin: "a commit that was never answered is taken for done",
  caughtBy: { "S1/dies": /was taken/ },
  commit: (store) => ({
    ...delegate(store),
    transaction: (work, options) =>
      store.transaction(work, options).catch((error) => {
        if (error.code === "TEST_CONNECTION_LOST") return undefined as never;
        throw error;
      }),
  }),
};

export const s01Wraps: StoreSin = {
  sin: "the error of the work becomes one of the store",
  caughtBy: { "S1/nothing-of-it": /the transaction failed/ },
  commit: (store) => ({
    ...delegate(store),
    transaction: (work, options) =>
      store.transaction(work, options).catch((cause: unknown) => {
        throw new Error("the transaction failed", { cause });
      }),
  }),
};

export const s01Nested: StoreSin = {
  sin: "a transaction inside another one joins it",
  caughtBy: { "S1/nested": /was taken/ },
  commit(store) {
    const outer = new AsyncLocalStorage<Transaction<MemoryRows>>();
    return {
      ...delegate(store),
      transaction(work, options) {
        const tx = outer.getStore();
        if (tx !== undefined) return work(tx);
        return store.transaction((own) => outer.run(own, () => work(own)), options);
      },
    };
  },
};

export const s01Late: StoreSin = {
  sin: "what is appended after the end is dropped in silence",
  caughtBy: { "S1/ended": /was taken/ },
  commit: (store) =>
    withTransactions(store, (tx) => ({ append: (rows) => tx.append(rows).catch(() => undefined) })),
};

export const s01LateWrite: StoreSin = {
  sin: "a document that is written after the end is dropped in silence",
  caughtBy: { "S1/ended": /documents.write after the end was taken/ },
  commit: (store) =>
    withWrites(store, (documents) => ({
      write: (collection, changes) => documents.write(collection, changes).catch(() => undefined),
    })),
};
