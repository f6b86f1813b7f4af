/** What the journal of an ended saga says of its timers and steps. */
import type { CommandEntry, JournalEntry, SagaHistory } from "@meshwright/core";
import { modelOf, planOf, steps, undoingOf } from "../plan.js";
import type { Deeds } from "./deeds.js";
import type { SagaPromise, SagaViolation } from "./evidence.js";

export interface JournalVerdict {
  /** How many timers and timeouts have fired. */
  readonly fired: number;
  readonly violations: readonly SagaViolation[];
}

type Of<Kind extends JournalEntry["kind"]> = Extract<JournalEntry, { readonly kind: Kind }>;

export function judgeJournal({ key: saga, journal }: SagaHistory, deeds: Deeds): JournalVerdict {
  const tell =
    (promise: SagaPromise) =>
    (what: string): SagaViolation => ({ promise, saga, what });
  return {
    fired: of(journal, "woke").length + of(journal, "timeout").length,
    violations: [
      ...timersOf(saga, journal).map(tell("timer")),
      ...tooEarly(saga, journal, deeds).map(tell("early")),
      ...stepsOf(saga, journal).map(tell("steps")),
      ...marksOf(journal, deeds).map(tell("steps")),
    ],
  };
}

/** A wait is over by an event or its timeout, a sleep by waking: once. */
function timersOf(saga: string, journal: readonly JournalEntry[]): string[] {
  const { answered } = modelOf(saga);
  const found: string[] = [];
  const [waits, sleeps] = [of(journal, "waiting"), of(journal, "sleeping")];
  if (waits.length !== 1) found.push(`has waited ${waits.length} times`);
  if (sleeps.length !== 2) found.push(`has slept ${sleeps.length} times`);
  const ends = { waiting: ["event", "timeout"], sleeping: ["woke"] } as const;
  for (const { command, kind } of [...waits, ...sleeps]) {
    const over = journal.filter(
      (entry) => isOf(entry, command) && ends[kind].some((end) => end === entry.kind),
    );
    if (over.length !== 1) found.push(`command ${command} (${kind}) was over ${over.length} times`);
  }
  const begun = new Set([...waits, ...sleeps].map(({ command }) => command));
  for (const { command, kind } of [
    ...of(journal, "event"),
    ...of(journal, "timeout"),
    ...of(journal, "woke"),
  ])
    if (!begun.has(command)) found.push(`command ${command} was over (${kind}) and never began`);
  const got = of(journal, "event").length > 0;
  if (answered !== undefined && answered !== got) found.push(got ? "has an answer" : "has no answer");
  return found;
}

function tooEarly(saga: string, journal: readonly JournalEntry[], { begun }: Deeds): string[] {
  const { sleepMs } = planOf(saga);
  const [wait] = of(journal, "waiting");
  const [sleep, beside] = of(journal, "sleeping");
  if (wait === undefined || sleep === undefined) return [];
  const dueBefore: Readonly<Record<string, number | undefined>> = {
    left: sleep.due,
    right: sleep.due,
    stubborn: beside?.due,
  };
  const found: string[] = [];
  const timedOut = of(journal, "timeout").length > 0;
  // It fell asleep just behind the wait.
  const asleepAt = sleep.due - sleepMs;
  if (timedOut && asleepAt < (wait.due ?? Number.POSITIVE_INFINITY))
    found.push(`the timeout of ${wait.due} was over by ${asleepAt}`);
  for (const { step, clock } of begun) {
    const due = dueBefore[step] ?? 0;
    if (clock < due) found.push(`${step} began at ${clock}, before it should have woken at ${due}`);
  }
  return found;
}

/** Each step counts once, in the order of the code; failed attempts are in order. */
function stepsOf(saga: string, journal: readonly JournalEntry[]): string[] {
  const { undone, attempts } = modelOf(saga);
  const found: string[] = [];
  const done = of(journal, "step").map(({ name }) => name);
  const expected = [...steps, ...undone.map(undoingOf)];
  // Those two are done at once.
  const inOrder = done.map((name) => (name === "right" ? "left" : name));
  const isRight = inOrder.join() === expected.map((name) => (name === "right" ? "left" : name)).join();
  if (!isRight || new Set(done).size !== done.length)
    found.push(`has done [${done.join(", ")}], not [${expected.join(", ")}]`);
  for (const name of new Set([...expected, ...of(journal, "attempt").map((entry) => entry.name)])) {
    const failed = of(journal, "attempt").filter((entry) => entry.name === name);
    const numbers = failed.map(({ attempt }) => attempt).join();
    const due = Array.from({ length: attempts(name) - 1 }, (_, at) => at + 1).join();
    if (numbers !== due) found.push(`${name}: the attempts [${numbers}] have failed, not [${due}]`);
  }
  const ends = of(journal, "end").length;
  if (ends !== 1 || journal.at(-1)?.kind !== "end") found.push(`has ended ${ends} times, or went on`);
  return found;
}

/** What counts was done. */
function marksOf(journal: readonly JournalEntry[], { marks }: Deeds): string[] {
  return of(journal, "step")
    .filter(({ name, value }) => !marks.some(({ step, mark }) => step === name && mark === value))
    .map(({ name, value }) => `${name}: has the result of no doing of it: ${String(value)}`);
}

function of<Kind extends JournalEntry["kind"]>(journal: readonly JournalEntry[], kind: Kind): Of<Kind>[] {
  return journal.filter((entry): entry is Of<Kind> => entry.kind === kind);
}

function isOf(entry: JournalEntry, command: number): entry is CommandEntry {
  return "command" in entry && entry.command === command;
}
