import { type StoreSin, withTransactions } from "./sin.js";

export const s11: StoreSin = {
  sin: "the prefix is not heeded",
  caughtBy: { "S11/prefixes": /deep-equal/, "S11/streams": /deep-equal/, "S11/holds": /does not hold/ },
  world: ({ create }) => ({ elsewhere: create }),
};

export const s11Holds: StoreSin = {
  sin: "a checkpoint is held by its name, whatever the prefix",
  caughtBy: { "S11/holds": /does not hold/ },
  commit: (store) =>
    withTransactions(store, (tx) => ({
      async hold(name) {
        if (holders.has(name)) return undefined;
        holders.add(name);
        return tx.hold(name);
      },
    })),
};

/** For all prefixes. */
const holders = new Set<string>();
