import { type Stage, type StoreSin, withBatches, withTransactions } from "./sin.js";

export const s03: StoreSin = {
  sin: "the rows of a transaction are given out in any order",
  caughtBy: { "S3/order-of-commits": /deep-equal/, "S2/many-writers": /out of order/ },
  commit: (store) => withTransactions(store, (tx) => ({ append: (rows) => tx.append([...rows].reverse()) })),
};

const keysOf = new WeakMap<Stage, Map<string, string>>();

export const s03Rows: StoreSin = {
  sin: "rows are locked, and keys are not",
  caughtBy: { "S3/one-relay-for-a-key": /strictly equal/i },
  commit(store, stage) {
    const keys = keysOf.get(stage) ?? new Map<string, string>();
    keysOf.set(stage, keys);
    const unkeyed = withTransactions(store, (tx) => ({
      append(rows) {
        for (const { message } of rows) keys.set(message.id, message.key);
        return tx.append(rows.map((row) => ({ ...row, message: { ...row.message, key: row.message.id } })));
      },
    }));
    return withBatches(unkeyed, ({ rows, end }) => ({
      end,
      rows: rows.map((row) => ({
        ...row,
        message: { ...row.message, key: keys.get(row.message.id) ?? "" },
      })),
    }));
  },
};

export const s03Whole: StoreSin = {
  sin: "while a relay has anything, no other gets anything",
  caughtBy: { "S3/one-relay-for-a-key": /something to take/ },
  leaseMs: 3_600_000,
  commit(store) {
    return withTransactions(store, (tx) => ({
      append: (rows) => tx.append(rows.map((row) => ({ ...row, message: { ...row.message, key: "all" } }))),
    }));
  },
};

export const s03Behind: StoreSin = {
  sin: "what was not published goes to the end of its key",
  caughtBy: { "S3/back-in-place": /deep-equal/ },
  commit: (store, { database }) =>
    withBatches(store, ({ rows, end }) => ({
      rows,
      async end({ published, refused = [] }) {
        const named = new Set([...published, ...refused.map(({ place }) => place)]);
        await end({
          published: rows.flatMap(({ place }) => (named.has(place) ? [] : [place])).concat(published),
          refused,
        });
        database.append(
          rows.filter(({ place }) => !named.has(place)),
          Date.now(),
        );
      },
    })),
};
