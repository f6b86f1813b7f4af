import type { StreamRow } from "@meshwright/core/adapter";
import type { Stage, StoreSin } from "./sin.js";
import { withLog, writeNow } from "./twists.js";

/** Reads what the change makes of each text. */
const changing =
  (change: (text: string) => string): NonNullable<StoreSin["commit"]> =>
  (store, stage) => {
    const changed = <Row extends StreamRow>(rows: readonly Row[]): Row[] =>
      rows.map((row) => ({ ...row, text: change(row.text) }));
    return withLog(store, stage, (log) => ({
      read: async (read) => changed(await log.read(read)),
      async page(page) {
        const { rows, through } = await log.page(page);
        return { rows: changed(rows), through };
      },
    }));
  };

export const s16: StoreSin = {
  sin: "NUL is left out",
  caughtBy: { "S16/edges": /the data differs/, "S16/random": /the data differs/ },
  commit: changing((text) => text.replaceAll("\\u0000", "")),
};

export const s16Plane: StoreSin = {
  sin: "a character has three bytes at most",
  caughtBy: { "S16/edges": /differs?/, "S16/random": /differs?/ },
  commit: changing((text) => text.replace(/[\u{10000}-\u{10ffff}]/gu, "?")),
};

export const s16Known: StoreSin = {
  sin: "of attributes those are kept that have a column",
  caughtBy: { "S16/edges": /the attributes differ/ },
  commit: changing((text) => {
    const { dataref: _, traceparent: __, ...event } = JSON.parse(text);
    return JSON.stringify(event);
  }),
};

export const s16Forwards: StoreSin = {
  sin: "backwards are the first ones, turned around",
  caughtBy: { "S16/stretch": /deep-equal|backwards/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async read(read) {
        if (!read.backwards) return log.read(read);
        if (read.from < 1) return [];
        const limit = Math.min(read.limit, read.from);
        return [...(await log.read({ ...read, limit, from: 1, backwards: false }))].reverse();
      },
    })),
};

export const s16Page: StoreSin = {
  sin: "of a long stream the first hundred come",
  caughtBy: { "S16/stretch": /\{\}/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      read: (read) => log.read({ ...read, limit: Math.min(read.limit, 100) }),
    })),
};

export const s16Behind: StoreSin = {
  sin: "`from` is the one behind which to begin",
  caughtBy: { "S16/stretch": /501/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      read: (read) => log.read(read.from > 1 && !read.backwards ? { ...read, from: read.from + 1 } : read),
    })),
};

export const s16Committed: StoreSin = {
  sin: "a transaction reads what is committed only",
  caughtBy: { "S16/in-a-transaction": /deep-equal/ },
  commit: (store, stage) =>
    withLog(store, stage, () => ({
      read: async (read) => committed(stage).read(read, committed(stage).committed),
    })),
};

function committed({ database }: Stage): Stage["database"]["events"] {
  return database.events;
}

export const s16Dirty: StoreSin = {
  sin: "what is appended is read by all before its commit",
  caughtBy: { "S16/in-a-transaction": /deep-equal/, "S14/rolled-back": /deep-equal/ },
  commit: (store, stage) => withLog(store, stage, () => ({ append: (append) => writeNow(stage, append) })),
};
