import type { StoreSin } from "./sin.js";

export const s11: StoreSin = {
  sin: "the prefix is not heeded",
  caughtBy: { "S11/prefixes": /deep-equal/ },
  world: ({ create }) => ({ elsewhere: create }),
};
