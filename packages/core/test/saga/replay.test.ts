/** A function that is brought back from its journal, cut anywhere, is where it was, and goes on as it did. */
import type { AnyEventDefinition, JournalEntry, Run } from "@meshwright/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Command, Execution } from "../../src/saga/execution.js";
import { approved, built, released } from "./support.js";

/** What a made-up saga does. */
type Doing =
  | { readonly do: "step" | "failing" | "wait" | "sleep" | "publish" | "value" | "patched" }
  | { readonly do: "then" | "all" | "race" | "catch"; readonly parts: readonly Doing[] };

const doings: fc.Arbitrary<Doing> = fc.letrec<{ doing: Doing }>((tie) => ({
  doing: fc.oneof(
    { maxDepth: 3 },
    fc.record({
      do: fc.constantFrom<"step" | "failing" | "wait" | "sleep" | "publish" | "value" | "patched">(
        "step",
        "failing",
        "wait",
        "sleep",
        "publish",
        "value",
        "patched",
      ),
    }),
    fc.record({
      do: fc.constantFrom<"then" | "all" | "race" | "catch">("then", "all", "race", "catch"),
      parts: fc.array(tie("doing"), { minLength: 1, maxLength: 3 }),
    }),
  ),
})).doing;

/** Does it, and says what it does. */
async function act(run: Run<AnyEventDefinition>, doing: Doing, say: (what: string) => void): Promise<void> {
  const told = async (what: string, work: () => unknown): Promise<void> => {
    say(`${what}?`);
    const answer: unknown = await work();
    say(`${what}: ${JSON.stringify(answer)}`);
  };
  const each = (parts: readonly Doing[]): Promise<void>[] => parts.map((part) => act(run, part, say));
  switch (doing.do) {
    case "step":
    case "failing":
      return told(doing.do, () => run.step(doing.do, () => undefined));
    case "wait":
      return told("wait", async () => (await run.waitFor(approved))?.id);
    case "sleep":
      return told("sleep", () => run.sleep(1));
    case "publish":
      return told("publish", async () => (await run.publish(released, { digest: "" })).id);
    case "value":
      return told("value", () => run.uuid());
    case "patched":
      return told("patched", () => run.patched("id"));
    case "then":
      for (const part of doing.parts) await act(run, part, say);
      return;
    case "all":
      await run.all(each(doing.parts));
      return say("all");
    case "race":
      await run.race(each(doing.parts));
      return say("race");
    case "catch":
      try {
        for (const part of doing.parts) await act(run, part, say);
      } catch (error) {
        say(`caught ${(error as Error).message}`);
      }
  }
}

interface Told {
  readonly execution: Execution;
  readonly said: string[];
}

function begin(doing: Doing): Told {
  const said: string[] = [];
  const event = { specversion: "1.0", id: "1", source: "/", type: built.type, data: undefined } as const;
  const execution = new Execution({
    key: "key",
    start: event,
    readEvent: (stored) => stored as typeof event,
    now: () => 0,
    body: (run) => act(run, doing, (what) => void said.push(what)),
  });
  return { execution, said };
}

/** What becomes of a command; more than one thing may. */
function* answersTo(command: Command, id: string): Generator<JournalEntry> {
  const { command: number, name, kind } = command;
  const event = { id };
  if (kind === "step" && name === "failing") {
    yield { command: number, kind: "attempt", name, attempt: 1, error: { message: id }, due: 1 };
    yield { command: number, kind: "attempt", name, attempt: 2, error: { message: id } };
  } else if (kind === "step") yield { command: number, kind: "step", name, value: id };
  else if (kind === "publish") yield { command: number, kind: "published", name, event };
  else if (kind === "sleep") {
    yield { command: number, kind: "sleeping", due: 1 };
    yield { command: number, kind: "woke" };
  } else {
    yield { command: number, kind: "waiting", name };
    if (id.endsWith("0")) yield { command: number, kind: "timeout", name };
    else yield { command: number, kind: "event", name, event };
  }
}

interface Lived extends Told {
  readonly journal: readonly JournalEntry[];
  /** How much had been said after so many entries. */
  readonly heard: ReadonlyMap<number, number>;
}

/** Lives to its end: what is answered next is chosen by chance, as it is when it happens. */
async function live(doing: Doing, choose: (among: number) => number): Promise<Lived> {
  const told = begin(doing);
  const { execution, said } = told;
  const journal: JournalEntry[] = [];
  const heard = new Map<number, number>();
  const note = (): void => {
    journal.push(...execution.noted());
    heard.set(journal.length, said.length);
    expect(execution.length).toBe(journal.length);
  };
  await execution.begin([]);
  note();
  const answers = new Map<number, Generator<JournalEntry>>();
  for (let turn = 0; execution.end === undefined; turn++) {
    const { pending } = execution;
    const command = pending[choose(pending.length)] as Command;
    const known = answers.get(command.command) ?? answersTo(command, `answer-${turn}`);
    answers.set(command.command, known);
    const entry = known.next().value as JournalEntry;
    journal.push(entry);
    await execution.show(entry);
    note();
  }
  return { ...told, journal, heard };
}

test("brought back from its journal it has done the same, and ends the same, wherever that is cut", async () => {
  const property = fc.asyncProperty(doings, fc.infiniteStream(fc.nat()), async (doing, chances) => {
    const lived = await live(doing, (among) => (chances.next().value as number) % among);
    for (const cut of lived.heard.keys()) {
      const again = begin(doing);
      await again.execution.begin(lived.journal.slice(0, cut));
      expect(again.execution.noted()).toEqual([]);
      expect(again.said).toEqual(lived.said.slice(0, lived.heard.get(cut)));
      if (cut === lived.journal.length) expect(again.execution.end).toEqual(lived.execution.end);
      expect(again.execution.length).toBe(cut);
    }
  });
  await fc.assert(property, { numRuns: 1_000 });
}, 60_000);
