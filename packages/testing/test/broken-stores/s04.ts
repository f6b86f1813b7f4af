import type { StoreSin } from "./sin.js";
import { withBatches, withOutbox } from "./sin.js";

export const s04: StoreSin = {
  sin: "taking is reading: another relay reads the same",
  caughtBy: { "S4/one-at-a-time": /undefined/, "S2/many-writers": /what was relayed/ },
  commit: (store, { database }) =>
    withOutbox(store, {
      async take(limit) {
        const rows = [...database.waiting.values()].slice(0, limit);
        if (rows.length === 0) return undefined;
        return {
          rows,
          async end({ published }) {
            for (const place of published) database.waiting.delete(place);
          },
        };
      },
    }),
};

export const s04Forever: StoreSin = {
  sin: "a silent relay keeps its rows for ever",
  caughtBy: { "S4/silent": /something to take/ },
  leaseMs: 3_600_000,
};

export const s04Late: StoreSin = {
  sin: "a late end is taken in silence",
  caughtBy: { "S4/silent": /was taken/ },
  commit: (store) =>
    withBatches(store, ({ rows, end }) => ({ rows, end: (outcome) => end(outcome).catch(() => undefined) })),
};

export const s04Deletes: StoreSin = {
  sin: "a late end is refused, and deletes the rows all the same",
  caughtBy: { "S4/silent": /deep-equal/ },
  commit: (store, { database }) =>
    withBatches(store, ({ rows, end }) => ({
      rows,
      async end(outcome) {
        try {
          await end(outcome);
        } finally {
          for (const place of outcome.published) database.waiting.delete(place);
        }
      },
    })),
};
