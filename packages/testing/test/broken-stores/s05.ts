import { type StoreSin, withBatches, withOutbox } from "./sin.js";

export const s05: StoreSin = {
  sin: "what was published stays where it is",
  caughtBy: { "S5/published": /given out again/, "S9/empty": /given out again/ },
  commit: (store) =>
    withBatches(store, ({ rows, end }) => ({
      rows,
      end: ({ refused = [] }) => end({ published: [], refused }),
    })),
};

export const s05Drops: StoreSin = {
  sin: "what was refused is dropped",
  caughtBy: { "S5/refused": /not on the shelf/, "S5/restore": /strictly equal/i },
  commit: (store) =>
    withBatches(store, ({ rows, end }) => ({
      rows,
      end: ({ published, refused = [] }) =>
        end({ published: [...published, ...refused.map(({ place }) => place)] }),
    })),
};

export const s05Causeless: StoreSin = {
  sin: "the shelf does not say why",
  caughtBy: { "S5/refused": /deep-equal/ },
  commit: (store) =>
    withOutbox(store, {
      refused: async () => (await store.outbox.refused()).map((row) => ({ ...row, code: "", reason: "" })),
    }),
};

export const s05Copies: StoreSin = {
  sin: "what is restored is on the shelf still",
  caughtBy: { "S5/restore": /strictly equal/i },
  commit: (store, { database }) =>
    withOutbox(store, {
      async restore(places) {
        const rows = (await store.outbox.refused()).filter(({ place }) => places.includes(place));
        database.append(rows, Date.now());
        return rows.length;
      },
    }),
};

export const s05Deaf: StoreSin = {
  sin: "watchers are never told",
  caughtBy: { "S5/watch": /watcher is told/ },
  commit: (store) => withOutbox(store, { watch: () => () => undefined }),
};
