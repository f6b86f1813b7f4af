import type { JournalEntry, SagaHistory } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import type { Fault } from "../src/history.js";
import { answered, closed, sagaName, type Value } from "../src/saga/events.js";
import type { SagaEvidence } from "../src/saga/judge/evidence.js";
import { judgeSagas } from "../src/saga/judge/judge.js";
import type { SagaEntry } from "../src/saga/ledger.js";
import {
  type Answer,
  type Ending,
  endings,
  modelOf,
  planOf,
  type Step,
  steps,
  undoingOf,
} from "../src/saga/plan.js";

/** The first name whose plan is like this. */
function named(ending: Ending, answer: Answer, failures = 1): string {
  for (let number = 1; ; number++) {
    const plan = planOf(`made-up-${number}`);
    if (plan.ending === ending && plan.answer === answer && plan.failures === failures)
      return `made-up-${number}`;
  }
}

const completed = named("completed", "early");
const timedOut = named("completed", "never");
const compensated = named("compensated", "late");
const failed = named("failed", "never");
const close = named("completed", "close");

/** Two steps at once are one line. */
const lines: readonly (readonly Step[])[] = [["first"], ["left", "right"], ["stubborn"]];

/** What is left of one saga. */
interface Left {
  readonly instance: SagaHistory;
  /** By its process, in the order of beginning. */
  readonly entries: readonly SagaEntry[];
  readonly told: SagaEvidence["told"];
}

const keyOf = (name: string, step: string): string => `${name} ${step}`;
const markOf = (name: string, step: string): string => `mark of ${name} ${step}`;
const first = 1_000_000;

/** What a saga leaves behind in which all went well. */
function wellOf(name: string, gotAnswer = modelOf(name).answered ?? true): Left {
  const { sleepMs, ending, failures } = planOf(name);
  const journal: JournalEntry[] = [];
  const entries: SagaEntry[] = [];
  let [command, at] = [0, 0];
  const attempt = (step: string, number: number, mark?: string): void => {
    const doing = { saga: name, step, key: keyOf(name, step), attempt: number };
    at += 1_000;
    entries.push({ kind: "begun", at, clock: first + at, doing });
    entries.push({ kind: "done", at: at + 1, doing, ...(mark === undefined ? {} : { mark }) });
  };
  const step = (own: string, fails: number): void => {
    for (let number = 1; number <= fails; number++) {
      attempt(own, number);
      const error = { message: "as planned" };
      journal.push({ command, kind: "attempt", name: own, attempt: number, error, due: first + at });
    }
    attempt(own, fails + 1, markOf(name, own));
    journal.push({ command: command++, kind: "step", name: own, value: markOf(name, own) });
  };
  for (const line of lines) {
    for (const own of line) step(own, own === "stubborn" ? failures : 0);
    if (line.length > 1) {
      journal.push({ command, kind: "sleeping", due: first + at + 10 });
      journal.push({ command: command++, kind: "woke" });
    }
    if (line[0] !== "first") continue;
    const due = first + at + 100;
    journal.push({ command, kind: "waiting", name: answered.type, due });
    journal.push(
      gotAnswer
        ? { command, kind: "event", name: answered.type, event: {} }
        : { command, kind: "timeout", name: answered.type },
    );
    journal.push({ command: ++command, kind: "sleeping", due: due + sleepMs });
    at += 2_000;
    journal.push({ command: command++, kind: "woke" });
  }
  for (const own of modelOf(name).undone) step(undoingOf(own), 0);
  const marks = Object.fromEntries(steps.map((own) => [own, markOf(name, own)])) as Value["marks"];
  const value = ending === "completed" ? { answered: gotAnswer, marks } : undefined;
  const id = `end of ${name}`;
  if (value) journal.push({ command, kind: "published", name: closed.type, event: { id } });
  journal.push({ kind: "end", state: ending });
  const history = { saga: sagaName, key: name, run: 1, version: 1, startedAt: 0, changedAt: 0 };
  const start = { specversion: "1.0", id: "1", source: "/", type: "t", data: { name } } as const;
  return {
    instance: { ...history, start, state: ending, journal, ...(value && { value }) },
    entries,
    told: value ? [{ id, name, value }] : [],
  };
}

const all = [completed, timedOut, compensated, failed, close];

/** Evidence in which one saga is other than it should be. */
function evidenceWith(other?: Left, more: Partial<SagaEvidence> = {}): SagaEvidence {
  const left = all.map((name) => (name === other?.instance.key ? other : wellOf(name)));
  return {
    names: all,
    instances: left.map(({ instance }) => instance),
    told: left.flatMap(({ told }) => told),
    ledgers: [{ by: "one", entries: left.flatMap(({ entries }) => entries) }],
    faults: [],
    leaseMs: 100,
    ...more,
  };
}

/** Which promises were broken, and for whom. */
function brokenIn(evidence: SagaEvidence): string[] {
  return judgeSagas(evidence).endings.flatMap(({ violations }) =>
    violations.map(({ promise, saga }) => `${saga}: ${promise}`),
  );
}

/** The same saga with another journal. */
function journaled(
  name: string,
  change: (journal: readonly JournalEntry[]) => readonly JournalEntry[],
): Left {
  const well = wellOf(name);
  return { ...well, instance: { ...well.instance, journal: change(well.instance.journal) } };
}

const withoutKind = (kind: JournalEntry["kind"]) => (journal: readonly JournalEntry[]) =>
  journal.filter((entry) => entry.kind !== kind);
const twice = (kind: JournalEntry["kind"]) => (journal: readonly JournalEntry[]) =>
  journal.flatMap((entry) => (entry.kind === kind ? [entry, entry] : [entry]));

describe("what is in order", () => {
  test("every saga as its plan says", () => {
    expect(brokenIn(evidenceWith())).toEqual([]);
    const verdict = judgeSagas(evidenceWith()).endings;
    expect(verdict.map(({ ending }) => ending)).toEqual(endings);
    expect(verdict.map(({ started, ended }) => [started, ended])).toEqual([
      [3, 3],
      [1, 1],
      [1, 1],
    ]);
    expect(verdict.map(({ fired, told }) => [fired, told])).toEqual([
      [7, 3],
      [2, 0],
      [3, 0],
    ]);
  });

  test("an answer that was close may have come or not", () => {
    expect(brokenIn(evidenceWith(wellOf(close, false)))).toEqual([]);
  });

  test("an end that the relay brought again, with the same id: counted", () => {
    const well = wellOf(completed);
    const evidence = evidenceWith({ ...well, told: [...well.told, ...well.told] });
    expect(brokenIn(evidence)).toEqual([]);
    expect(judgeSagas(evidence).endings[0]).toMatchObject({ told: 3, toldAgain: 1 });
  });

  test("the steps that are done at once end in any order", () => {
    const swapped = journaled(completed, (journal) => {
      const [left, right] = ["left", "right"].map((name) =>
        journal.findIndex((entry) => entry.kind === "step" && entry.name === name),
      ) as [number, number];
      return journal.with(left, journal[right] as JournalEntry).with(right, journal[left] as JournalEntry);
    });
    expect(brokenIn(evidenceWith(swapped))).toEqual([]);
  });
});

describe("how it ends", () => {
  const { instance, ...rest } = wellOf(completed);
  test.each([
    ["it runs", { ...instance, state: "running" }],
    ["another state", { ...instance, state: "failed", error: { message: "why" } }],
    ["stopped", { ...instance, state: "stopped" }],
    ["a second run", { ...instance, run: 2 }],
    ["another value", { ...instance, value: undefined }],
  ] as const)("not as it must: %s", (_what, other) => {
    const broken = brokenIn(evidenceWith({ ...rest, instance: other as SagaHistory }));
    expect(broken).toContain(`${completed}: end`);
  });

  test("it is not there", () => {
    const { instances } = evidenceWith();
    const without = instances.filter(({ key }) => key !== completed);
    expect(brokenIn(evidenceWith(undefined, { instances: without }))).toEqual([`${completed}: end`]);
  });

  test("one that nobody started", () => {
    const names = all.filter((name) => name !== compensated);
    expect(brokenIn(evidenceWith(undefined, { names }))).toEqual([`${compensated}: end`]);
  });
});

describe("timers", () => {
  test.each([
    ["has not woken", completed, withoutKind("woke")],
    ["woke twice", completed, twice("woke")],
    ["never slept", completed, withoutKind("sleeping")],
    ["no timeout", timedOut, withoutKind("timeout")],
    ["two timeouts", timedOut, twice("timeout")],
    ["an answer twice", compensated, twice("event")],
    ["never waited", timedOut, withoutKind("waiting")],
  ] as const)("%s", (_what, name, change) => {
    expect(brokenIn(evidenceWith(journaled(name, change)))).toContain(`${name}: timer`);
  });

  test("an answer that was never given, and one that was given and did not come", () => {
    expect(brokenIn(evidenceWith(wellOf(timedOut, true)))).toEqual([`${timedOut}: timer`]);
    expect(brokenIn(evidenceWith(wellOf(compensated, false)))).toEqual([`${compensated}: timer`]);
  });

  test("a timeout that was over too early", () => {
    const early = journaled(timedOut, (journal) =>
      journal.map((entry) => (entry.kind === "waiting" ? { ...entry, due: (entry.due ?? 0) + 1 } : entry)),
    );
    expect(brokenIn(evidenceWith(early))).toEqual([`${timedOut}: early`]);
  });

  test("woken too early", () => {
    const early = journaled(completed, (journal) =>
      journal.map((entry) => (entry.kind === "sleeping" ? { ...entry, due: entry.due + 60_000 } : entry)),
    );
    // Both steps behind the one, all attempts behind the other.
    expect(brokenIn(evidenceWith(early))).toEqual(Array.from({ length: 4 }, () => `${completed}: early`));
  });
});

describe("steps", () => {
  const isStep = (name: string) => (entry: JournalEntry) => entry.kind === "step" && entry.name === name;

  test.each([
    ["left out", completed, (journal) => journal.filter((entry) => !isStep("left")(entry))],
    ["counted twice", failed, twice("step")],
    ["a failed attempt twice", failed, twice("attempt")],
    ["not undone", compensated, (journal) => journal.filter((entry) => !isStep("first: compensate")(entry))],
    ["undone in another order", compensated, (journal) => [...journal.slice(0, -1)].reverse()],
    ["two ends", failed, twice("end")],
  ] as const satisfies readonly (readonly [
    string,
    string,
    (journal: readonly JournalEntry[]) => readonly JournalEntry[],
  ])[])("%s in the journal", (_what, name, change) => {
    expect(brokenIn(evidenceWith(journaled(name, change)))).toContain(`${name}: steps`);
  });

  test("a result that no doing had", () => {
    const well = wellOf(failed);
    const entries = well.entries.map((entry) =>
      entry.kind === "done" && entry.doing.step === "left" ? { ...entry, mark: "another" } : entry,
    );
    expect(brokenIn(evidenceWith({ ...well, entries }))).toEqual([`${failed}: steps`]);
  });

  test("an attempt too few, an attempt too many, and what is not to be done", () => {
    const well = wellOf(failed);
    const few = well.entries.filter(
      ({ kind, ...entry }) =>
        !(
          "doing" in entry &&
          entry.doing.attempt === 1 &&
          entry.doing.step === "stubborn" &&
          kind === "begun"
        ),
    );
    expect(brokenIn(evidenceWith({ ...well, entries: few }))).toEqual([`${failed}: steps`]);
    for (const [step, attempt] of [
      ["stubborn", 3],
      [undoingOf("left"), 1],
    ] as const) {
      const doing = { saga: failed, step, key: keyOf(failed, step), attempt };
      const entries = [...well.entries, { kind: "begun", at: 90_000, clock: first + 90_000, doing } as const];
      expect(brokenIn(evidenceWith({ ...well, entries }))).toEqual([`${failed}: steps`]);
    }
  });
});

describe("idempotency keys", () => {
  const rekeyed = (key: (key: string, at: number) => string): Left => {
    const well = wellOf(failed);
    const entries = well.entries.map((entry, at) =>
      "doing" in entry && entry.doing.step === "stubborn"
        ? { ...entry, doing: { ...entry.doing, key: key(entry.doing.key, at) } }
        : entry,
    );
    return { ...well, entries };
  };

  test("another one for another attempt", () => {
    expect(brokenIn(evidenceWith(rekeyed((key, at) => `${key} ${at}`)))).toEqual([`${failed}: key`]);
  });

  test("the one of another step, and of another saga", () => {
    const broken = (key: string): string[] => [...new Set(brokenIn(evidenceWith(rekeyed(() => key))))];
    expect(broken(keyOf(failed, "left"))).toEqual([`${failed}: key`]);
    expect(broken(keyOf(completed, "left"))).toEqual([`${failed}: key`]);
  });
});

describe("done again", () => {
  const doing = { saga: failed, step: "left", key: keyOf(failed, "left"), attempt: 1 };
  const at = 90_000;
  const again: SagaEntry = { kind: "begun", at, clock: first + at, doing };
  const own = evidenceWith().ledgers;
  const byAnother = [...own, { by: "two", entries: [again] }];
  const fault = (target: string, from: number, to: number): Fault => ({ kind: "kill", target, from, to });

  test("for no reason", () => {
    expect(brokenIn(evidenceWith(undefined, { ledgers: byAnother }))).toEqual([`${failed}: again`]);
  });

  test.each([
    ["who did it first", fault("one", at - 10, at - 5)],
    ["who does it again, late", fault("two", at - 20, at - 10)],
    ["everyone", fault("everyone", at - 10, at - 5)],
  ])("because of what befell %s: counted", (_who, struck) => {
    const evidence = evidenceWith(undefined, { ledgers: byAnother, faults: [struck] });
    expect(brokenIn(evidence)).toEqual([]);
    expect(judgeSagas(evidence).endings.map((verdict) => verdict.again)).toEqual([0, 0, 1]);
  });

  test("because the process got no time", () => {
    const stalled: SagaEntry = { kind: "stalled", at: at - 5, from: at - 50 };
    const ledgers = [...byAnother, { by: "one", entries: [stalled] }];
    expect(brokenIn(evidenceWith(undefined, { ledgers }))).toEqual([]);
  });

  test.each([
    ["befell somebody else", fault("three", at - 10, at - 5)],
    ["was over long before", fault("one", 0, 1)],
    ["came afterwards", fault("one", at + 1, at + 2)],
  ])("and what happened explains nothing: it %s", (_what, struck) => {
    const evidence = evidenceWith(undefined, { ledgers: byAnother, faults: [struck] });
    expect(brokenIn(evidence)).toEqual([`${failed}: again`]);
  });
});

describe("the end that is told", () => {
  const well = wellOf(completed);
  const [told] = well.told as [SagaEvidence["told"][number]];
  const value = { ...told.value, answered: false };
  test.each([
    ["never", []],
    ["twice, with two ids", [told, { ...told, id: "another" }]],
    ["with another id", [{ ...told, id: "another" }]],
    ["with another value", [{ ...told, value }]],
  ])("%s", (_what, other) => {
    const broken = brokenIn(evidenceWith({ ...well, told: other }));
    expect([...new Set(broken)]).toEqual([`${completed}: told`]);
  });

  test("not published, or twice, by the journal", () => {
    for (const change of [withoutKind("published"), twice("published")])
      expect(brokenIn(evidenceWith(journaled(completed, change)))).toContain(`${completed}: told`);
  });

  test("of one that failed", () => {
    const other = { ...wellOf(failed), told: [{ ...told, name: failed }] };
    expect([...new Set(brokenIn(evidenceWith(other)))]).toEqual([`${failed}: told`]);
  });
});
