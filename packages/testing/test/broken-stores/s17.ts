import type { LogRow } from "@meshwright/core/adapter";
import { type AnyStore, delegate, type Stage, type StoreSin } from "./sin.js";
import { committedRows, nameOf, nameOfRow, withLog, withRows, withStreams } from "./twists.js";

/** By stage: the numbers that events were given when they were written. */
const numbers = new WeakMap<Stage, Map<string, number>>();

function numbersOf(stage: Stage): Map<string, number> {
  const own = numbers.get(stage) ?? new Map<string, number>();
  numbers.set(stage, own);
  return own;
}

/** Gives each event a number when it is written. */
function numbering(store: AnyStore, stage: Stage): AnyStore {
  const own = numbersOf(stage);
  return withLog(store, stage, (log) => ({
    async append(append) {
      const answer = await log.append(append);
      if ("written" in answer)
        for (const event of append.events) own.set(nameOf(append.stream, event), own.size + 1);
      return answer;
    },
  }));
}

export const s17: StoreSin = {
  sin: "an event has the number that it was given when it was written, whenever it is committed",
  caughtBy: {
    "S17/late-commit": /4 !== 2/,
    "S17/many-writers": /the log|not 1, 2, 3|read all the time/,
    "S17/rolled-back": /deep-equal/,
  },
  commit: (store, stage) =>
    withRows(numbering(store, stage), stage, (rows) =>
      rows.map((row) => ({ ...row, position: numbersOf(stage).get(nameOfRow(row)) ?? 0 })).sort(byPosition),
    ),
};

function byPosition(one: LogRow, other: LogRow): number {
  return one.position - other.position;
}

/** By stage: the names of events in the order of the log. */
const logs = new WeakMap<Stage, string[]>();

export const s17Forgets: StoreSin = {
  sin: "the positions that a reader has given are rolled back with it",
  caughtBy: { "S17/reader-rolled-back": /stands elsewhere/ },
  commit(store, stage) {
    const given = logs.get(stage) ?? [];
    logs.set(stage, given);
    const own = numbersOf(stage);
    const numbered = withRows(numbering(store, stage), stage, (rows) => {
      const names = new Map(rows.map((row) => [nameOfRow(row), row]));
      const more = [...names.keys()].filter((name) => !given.includes(name));
      given.push(...more.sort((one, other) => (own.get(one) ?? 0) - (own.get(other) ?? 0)));
      return given.map((name, at) => ({ ...(names.get(name) as LogRow), position: at + 1 }));
    });
    return {
      ...numbered,
      async transaction(work, options) {
        const before = given.length;
        return numbered.transaction(work, options).catch((error: unknown) => {
          given.length = before;
          throw error;
        });
      },
    };
  },
};

export const s17Waits: StoreSin = {
  sin: "while a transaction is open nothing is read",
  caughtBy: { "S17/late-commit": /deep-equal/ },
  commit(store, stage) {
    const waiting: AnyStore = {
      ...delegate(store),
      async transaction(work, options) {
        open.set(stage, (open.get(stage) ?? 0) + 1);
        return store.transaction(work, options).finally(() => open.set(stage, (open.get(stage) ?? 0) - 1));
      },
    };
    return withLog(waiting, stage, (log) => ({
      page: async (page) => ((open.get(stage) ?? 0) > 0 ? { rows: [], through: page.after } : log.page(page)),
    }));
  },
};

/** By stage: how many transactions are open. */
const open = new WeakMap<Stage, number>();

export const s17Sorted: StoreSin = {
  sin: "the log is in the order of streams and versions",
  caughtBy: { "S17/positions": /deep-equal/, "S17/many-writers": /read all the time|began/ },
  commit: (store, stage) =>
    withRows(store, stage, (rows) =>
      [...rows]
        .sort((one, other) => (one.stream < other.stream ? -1 : 1))
        .map((row, at) => ({ ...row, position: at + 1 })),
    ),
};

export const s17Includes: StoreSin = {
  sin: "`after` is the first one that comes",
  caughtBy: { "S17/stretch": /500/, "S17/many-writers": /twice|seen/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      page: (page) => log.page({ ...page, after: Math.max(0, page.after - 1) }),
    })),
};

export const s17Limitless: StoreSin = {
  sin: "`limit` is not heeded",
  caughtBy: { "S17/stretch": /deep-equal|limit/, "S18/through": /of at most 1/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({ page: (page) => log.page({ ...page, limit: 1_000 }) })),
};

export const s17Head: StoreSin = {
  sin: "the head is that of the last look",
  caughtBy: { "S17/positions": /0 !== 60|strictly equal/i },
  commit(store, stage) {
    let looked = 0;
    return withStreams(store, () => ({
      async head() {
        const before = looked;
        looked = committedRows(stage).length;
        return before;
      },
    }));
  },
};

export const s17Deaf: StoreSin = {
  sin: "watchers are never told",
  caughtBy: { "S17/watch": /told of an append/, "S17/watch-another": /watcher is told/ },
  commit: (store) => withStreams(store, () => ({ watch: () => () => undefined })),
};

export const s17Alone: StoreSin = {
  sin: "watchers are told of appends to the same store only",
  caughtBy: { "S17/watch-another": /watcher is told/ },
  commit(store) {
    const watchers = new Set<() => void>();
    return withStreams(store, (streams) => ({
      async append(stream, expected, events, options) {
        const appended = await streams.append(stream, expected, events, options);
        for (const changed of watchers) changed();
        return appended;
      },
      watch(changed) {
        watchers.add(changed);
        return () => void watchers.delete(changed);
      },
    }));
  },
};

export const s17Clings: StoreSin = {
  sin: "who watches no more is told all the same",
  caughtBy: { "S17/watch": /watches no more was told/ },
  commit: (store) =>
    withStreams(store, (streams) => ({
      watch(changed) {
        streams.watch(changed);
        return () => undefined;
      },
    })),
};
