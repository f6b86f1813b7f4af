import { delegate, type StoreSin } from "./sin.js";

export const s13: StoreSin = {
  sin: "it opens on whatever tables there are",
  caughtBy: { "S13/misfits": /was taken/ },
  world: ({ create }) => ({ misfits: { "an older version of the tables": create } }),
};

export const s13Plain: StoreSin = {
  sin: "it says what the driver says",
  caughtBy: { "S13/misfits": /not with a StoreError/ },
  world: ({ create }) => ({
    misfits: {
      "no tables": () => ({
        ...delegate(create()),
        open: async () => {
          throw new Error('relation "mw_outbox" does not exist');
        },
      }),
    },
  }),
};
