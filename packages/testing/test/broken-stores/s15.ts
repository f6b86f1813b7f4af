import type { NewStreamRow } from "@meshwright/core/adapter";
import type { Stage, StoreSin } from "./sin.js";
import { nameOf, withLog } from "./twists.js";

let written = 0;

export const s15: StoreSin = {
  sin: "what comes again is written again",
  caughtBy: {
    "S15/again": /is at version|deep-equal/,
    "S15/some": /another code/,
    "S15/at-the-same-time": /deep-equal/,
    "S15/in-transactions": /is at version|deep-equal/,
  },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      append: (append) =>
        log.append({ ...append, events: append.events.map((event) => ({ ...event, id: `${++written}` })) }),
    })),
};

export const s15Strict: StoreSin = {
  sin: "the version is looked at before the events are",
  caughtBy: { "S15/again": /is at version 3, not 0/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async append(append) {
        const answer = await log.append(append);
        if ("written" in answer || append.expected === "any" || append.expected === answer.version)
          return answer;
        return { version: answer.version, versions: append.events.map(() => undefined) };
      },
    })),
};

export const s15Rest: StoreSin = {
  sin: "what is there already is left out, and the rest is written",
  caughtBy: { "S15/some": /was taken/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      async append(append) {
        const answer = await log.append(append);
        if ("written" in answer) return answer;
        const rest = append.events.filter((_, at) => answer.versions[at] === undefined);
        return rest.length === 0 ? answer : log.append({ ...append, events: rest, expected: answer.version });
      },
    })),
};

export const s15Joined: StoreSin = {
  sin: "source and id are joined without a sign between them",
  caughtBy: { "S15/others": /are in stream/ },
  commit: (store, stage) =>
    withLog(store, stage, (log) => ({
      append: (append) => log.append({ ...append, events: append.events.map(joined) }),
    })),
};

function joined(event: NewStreamRow): NewStreamRow {
  return { ...event, source: "", id: event.source + event.id };
}

/** By stage: the versions of events, by name. */
const remembered = new WeakMap<Stage, Map<string, number>>();

export const s15Forgetless: StoreSin = {
  sin: "what was rolled back is remembered as appended",
  caughtBy: { "S15/in-transactions": /deep-equal/, "S14/rolled-back": /deep-equal/ },
  commit(store, stage) {
    const appended = remembered.get(stage) ?? new Map<string, number>();
    remembered.set(stage, appended);
    return withLog(store, stage, (log) => ({
      async append(append) {
        const names = append.events.map((event) => nameOf(append.stream, event));
        const versions = names.map((name) => appended.get(name));
        const version = versions.at(-1);
        if (version !== undefined && !versions.includes(undefined)) return { version, versions };
        const answer = await log.append(append);
        if ("written" in answer)
          for (const [at, name] of names.entries())
            appended.set(name, answer.written - names.length + at + 1);
        return answer;
      },
    }));
  },
};
