import { isConflict } from "@meshwright/core/adapter";
import { delegate, type StoreSin, withTransactions } from "./sin.js";

export const s08: StoreSin = {
  sin: "a conflict is an error of the driver",
  caughtBy: { "S8/loser": /not with a StoreError/ },
  commit: (store) => ({
    ...delegate(store),
    transaction: (work, options) =>
      store.transaction(work, options).catch((cause: unknown) => {
        throw isConflict(cause) ? new Error("could not serialize access", { cause }) : cause;
      }),
  }),
};

export const s08Lost: StoreSin = {
  sin: "the last one writes over what the other has written",
  caughtBy: { "S8/loser": /not exactly one was refused/ },
  commit: (store, { database }) =>
    withTransactions(store, ({ client }) => ({
      client: { get: (key) => database.rows.get(key), set: (key, value) => client.set(key, value) },
    })),
};

export const s08Half: StoreSin = {
  sin: "the loser's outbox rows stay",
  caughtBy: { "S8/loser": /deep-equal/ },
  commit: (store, { database }) =>
    withTransactions(store, () => ({ append: async (rows) => database.append(rows, Date.now()) })),
};

export const s08Once: StoreSin = {
  sin: "`retries` is not heeded",
  caughtBy: { "S8/loser": /STORE_CONFLICT|changed the same/ },
  commit: (store) => ({ ...delegate(store), transaction: (work) => store.transaction(work) }),
};
