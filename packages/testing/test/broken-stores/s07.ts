import { delegate, type StoreSin } from "./sin.js";

export const s07: StoreSin = {
  sin: "pruning removes everything",
  caughtBy: { "S7/prune": /1 !== 0/ },
  commit: (store) => ({ ...delegate(store), pruneInbox: () => store.pruneInbox(Infinity) }),
};

export const s07Seconds: StoreSin = {
  sin: "the time is taken for seconds, and nothing is ever old enough",
  caughtBy: { "S7/prune": /0 !== 1/ },
  commit: (store) => ({ ...delegate(store), pruneInbox: (before) => store.pruneInbox(before / 1_000) }),
};
