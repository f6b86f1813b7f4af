import { type StoreSin, withBatches } from "./sin.js";

export const s09: StoreSin = {
  sin: "rows are marked as published and never deleted",
  caughtBy: { "S9/empty": /2000 !== 0/ },
  commit: (store, stage) =>
    withBatches(store, ({ rows, end }) => ({
      rows,
      async end(outcome) {
        await end(outcome);
        stage.kept += outcome.published.length;
      },
    })),
};
