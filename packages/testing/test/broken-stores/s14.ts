import {
  StoreError,
  type StreamAppend,
  type StreamFound,
  type StreamWritten,
  type Transaction,
} from "@meshwright/core/adapter";
import { type AnyStore, delegate, type StoreSin } from "./sin.js";
import { later, withLog, withStreams, writeNow } from "./twists.js";

export const s14: StoreSin = {
  sin: "the version that is expected is not heeded",
  caughtBy: {
    "S14/expected": /was taken/,
    "S14/one-wins": /not exactly one/,
    "S14/caught": /was taken/,
  },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({ append: (append) => log.append({ ...append, expected: "any" }) })),
};

export const s14Zero: StoreSin = {
  sin: "versions begin at 0",
  caughtBy: { "S14/versions": /deep-equal/, "S16/stretch": /\+ {3}0,/, "S17/many-writers": /out of order/ },
  commit: (store) =>
    withStreams(store, (streams) => ({
      async *read(stream, options) {
        for await (const one of streams.read(stream, options)) yield { ...one, version: one.version - 1 };
      },
      async *readAll(options) {
        for await (const one of streams.readAll(options)) yield { ...one, version: one.version - 1 };
      },
    })),
};

export const s14Tells: StoreSin = {
  sin: "a conflict tells what was to be appended, and is nothing to try again",
  caughtBy: { "S14/expected": /has data in it/ },
  commit: (store) =>
    withStreams(store, (streams) => ({
      append: (stream, expected, events, options) =>
        streams.append(stream, expected, events, options).catch((error: StoreError) => {
          throw new StoreError(error.code, `${error.message} ${JSON.stringify(events)}`, {
            retryable: error.retryable,
            cause: error,
          });
        }),
    })),
};

export const s14ForGood: StoreSin = {
  sin: "a conflict is nothing to try again",
  caughtBy: { "S14/expected": /expects 0/ },
  commit: (store) =>
    withStreams(store, (streams) => ({
      append: (stream, expected, events, options) =>
        streams.append(stream, expected, events, options).catch((error: StoreError) => {
          throw new StoreError(error.code, error.message, { retryable: false, cause: error });
        }),
    })),
};

export const s14Looks: StoreSin = {
  sin: "it looks at which version the stream is, and appends later",
  caughtBy: { "S14/one-wins": /not exactly one/ },
  commit: (store, stage) =>
    withLog(store, stage, (log, tx) => ({
      async append(append) {
        if (tx !== undefined || append.expected === "any") return log.append(append);
        const found = await log.read({ stream: append.stream, from: 1, limit: 1_000, backwards: false });
        await later();
        if (found.length === append.expected) return log.append({ ...append, expected: "any" });
        return { version: found.length, versions: append.events.map(() => undefined) };
      },
    })),
};

export const s14Behind: StoreSin = {
  sin: "what a transaction appends is written behind its commit, at whatever version",
  caughtBy: {
    "S14/one-wins-in-transactions": /not exactly one/,
    "S14/caught": /was taken/,
    "S16/in-a-transaction": /deep-equal/,
  },
  commit(store, stage) {
    const waiting = new WeakMap<Transaction, StreamAppend[]>();
    const writing: AnyStore = {
      ...delegate(store),
      async transaction(work, options) {
        let appended: readonly StreamAppend[] = [];
        const result = await store.transaction(async (tx) => {
          const answer = await work(tx);
          appended = waiting.get(tx) ?? [];
          return answer;
        }, options);
        for (const append of appended) await writeNow(stage, { ...append, expected: "any" });
        return result;
      },
    };
    return withLog(writing, stage, (log, tx) => ({
      async append(append) {
        if (tx === undefined) return log.append(append);
        waiting.set(tx, [...(waiting.get(tx) ?? []), append]);
        return { written: Number(append.expected) + append.events.length };
      },
    }));
  },
};

export const s14Apart: StoreSin = {
  sin: "events are written one after another, each committed when it is",
  caughtBy: { "S14/any": /deep-equal/, "S14/transaction": /deep-equal/, "S14/rolled-back": /deep-equal/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async append(append) {
        if (append.events.length === 0) return log.append(append);
        const answers: (StreamWritten | StreamFound)[] = [];
        for (const event of append.events) {
          await later();
          answers.push(await writeNow(stage, { ...append, expected: "any", events: [event] }));
        }
        return answers.at(-1) as StreamWritten;
      },
    })),
};

export const s14Poisoned: StoreSin = {
  sin: "after a conflict the transaction takes nothing more",
  caughtBy: { "S14/caught": /is aborted/ },
  commit(store, stage) {
    const aborted = new WeakSet<Transaction>();
    return withLog(store, stage, (log, tx) => ({
      async append(append) {
        if (tx !== undefined && aborted.has(tx)) throw new Error("current transaction is aborted");
        const answer = await log.append(append);
        if (tx !== undefined && "version" in answer) aborted.add(tx);
        return answer;
      },
    }));
  },
};

export const s14Mends: StoreSin = {
  sin: "bad names are made good",
  caughtBy: { "S14/refused": /name .* was taken/ },
  commit: (store) =>
    withStreams(store, (streams) => ({
      append: (stream, expected, events, options) =>
        streams.append(String(stream).slice(0, 512).trim() || "unnamed", expected, events, options),
    })),
};

export const s14Takes: StoreSin = {
  sin: "in a transaction of another store it appends without one",
  caughtBy: { "S14/foreign": /append in a foreign transaction/ },
  commit: (store) =>
    withStreams(store, (streams) => ({
      append: (stream, expected, events, { tx } = {}) =>
        tx?.store.streams === streams
          ? streams.append(stream, expected, events, { tx })
          : streams.append(stream, expected, events),
    })),
};

export const s14Lower: StoreSin = {
  sin: "capitals and blanks in a stream's name do not count",
  caughtBy: { "S14/names": /is at version 1/, "S16/others": /deep-equal|is at version/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      append: (append) => log.append({ ...append, stream: plain(append.stream) }),
      read: (read) => log.read({ ...read, stream: plain(read.stream) }),
    })),
};

function plain(name: string): string {
  return name.toLowerCase().trim();
}

export const s14Short: StoreSin = {
  sin: "names are cut at 255 characters",
  caughtBy: { "S14/names": /is at version 1|deep-equal/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      append: (append) => log.append({ ...append, stream: append.stream.slice(0, 255) }),
      read: (read) => log.read({ ...read, stream: read.stream.slice(0, 255) }),
    })),
};
