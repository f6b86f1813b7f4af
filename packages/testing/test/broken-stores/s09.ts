import { type StoreSin, withBacklog, withBatches, withOutbox } from "./sin.js";

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

export const s09Taken: StoreSin = {
  sin: "rows that are with a relay are not told to wait",
  caughtBy: { "S9/backlog": /with a relay wait too/ },
  commit: (store, stage) => {
    const honest = withBatches(store, (batch) => {
      stage.kept = batch.rows.length;
      return batch;
    });
    return withOutbox(honest, {
      backlog: async () => {
        const told = await store.outbox.backlog();
        return { ...told, rows: told.rows - stage.kept };
      },
    });
  },
};

export const s09Shelf: StoreSin = {
  sin: "the shelf is not counted",
  caughtBy: { "S9/backlog": /deep-equal/ },
  commit: (store) => withBacklog(store, (told) => ({ ...told, refused: 0 })),
};

export const s09Youngest: StoreSin = {
  sin: "the age told is that of the youngest row",
  caughtBy: { "S9/oldest": /the oldest row was/ },
  commit: (store) => {
    let [count, since] = [0, 0];
    return withBacklog(store, (told) => {
      if (told.rows !== count) [count, since] = [told.rows, Date.now()];
      return { ...told, oldestMs: told.rows === 0 ? undefined : Date.now() - since };
    });
  },
};

export const s09Ageless: StoreSin = {
  sin: "rows get no older",
  caughtBy: { "S9/oldest": /50 ms old/ },
  commit: (store) => withBacklog(store, (told) => ({ ...told, oldestMs: told.rows === 0 ? undefined : 0 })),
};

export const s09All: StoreSin = {
  sin: "all rows are counted, which takes the longer the more there are",
  caughtBy: { "S9/much": /10050 !== 10000/ },
  commit: (store, { database }) => withBacklog(store, (told) => ({ ...told, rows: database.waiting.size })),
};
