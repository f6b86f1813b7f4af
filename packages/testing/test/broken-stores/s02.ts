import { type Stage, type StoreSin, withBatches, withTransactions } from "./sin.js";

/** The numbers that rows were given when they were written, and up to which one all is taken for relayed. */
const cursors = new WeakMap<Stage, { readonly numbers: Map<string, number>; relayed: number }>();

export const s02: StoreSin = {
  sin: "a cursor runs over the rows' numbers, and passes over what is committed late",
  caughtBy: { "S2/late-commit": /deep-equal/, "S2/many-writers": /what was relayed/ },
  commit(store, stage) {
    const cursor = cursors.get(stage) ?? { numbers: new Map<string, number>(), relayed: 0 };
    cursors.set(stage, cursor);
    const numberOf = (id: string): number => cursor.numbers.get(id) ?? 0;
    const numbering = withTransactions(store, (tx) => ({
      append(rows) {
        for (const { message } of rows) cursor.numbers.set(message.id, cursor.numbers.size + 1);
        return tx.append(rows);
      },
    }));
    return withBatches(numbering, async ({ rows, end }) => {
      const seen = rows.filter(({ message }) => numberOf(message.id) > cursor.relayed);
      const passed = rows.filter((row) => !seen.includes(row)).map(({ place }) => place);
      cursor.relayed = Math.max(cursor.relayed, ...seen.map(({ message }) => numberOf(message.id)));
      const all: typeof end = ({ published, refused = [] }) =>
        end({ published: [...published, ...passed], refused });
      if (seen.length > 0) return { rows: seen, end: all };
      await all({ published: [] });
      return undefined;
    });
  },
};
