import { describe, expect, test } from "vitest";
import { echoed, echoOf, groups, hearing, nameOf, written } from "../src/store/events.js";
import type { StoreEvidence } from "../src/store/judge/evidence.js";
import { judgeStore } from "../src/store/judge/judge.js";
import { answered, type Ended, looked, onPurpose } from "../src/store/ledger.js";
import type { Effect, OwnRow } from "../src/store/service/contract.js";

/** Two rows of one key and one of another, with two events each. */
const rows: readonly OwnRow[] = [
  { name: "w:2", key: "k", number: 2, ids: ["3", "4"] },
  { name: "w:1", key: "k", number: 1, ids: ["1", "2"] },
  { name: "w:3", key: "other", number: 1, ids: ["5", "6"] },
];
const names = ["w:1", "w:2", "w:3"].flatMap((row) => [nameOf(row, 0), nameOf(row, 1)]);
const [first = "", second = "", third = ""] = names;
const idOf = (name: string): string => String(names.indexOf(name) + 1);

const event = (name: string, id = idOf(name)) => ({ id, type: written, name });
const echo = (group: (typeof groups)[number], name: string, id = `${group}-${idOf(name)}`) => ({
  id,
  type: echoed,
  name: echoOf(group, name),
});
const effect = (group: string, name: string, id = idOf(name)): Effect => ({ group, source: "/s", id, name });
const heard = (group: (typeof groups)[number], name: string): Effect => {
  const { id, name: own } = echo(group, name);
  return effect(hearing, own, id);
};

/** What a run leaves behind in which all went well. */
const well: StoreEvidence = {
  rows,
  stored: [
    ...names.map((name) => event(name)),
    ...groups.flatMap((group) => names.map((name) => echo(group, name))),
  ],
  effects: [
    ...groups.flatMap((group) => names.map((name) => effect(group, name))),
    ...groups.flatMap((group) => names.map((name) => heard(group, name))),
  ],
  ended: [{ rows: ["w:1"], committed: true, why: answered }],
};

/** Which promises were broken, and where. */
function brokenIn(evidence: StoreEvidence): string[] {
  const { commits, stages } = judgeStore(evidence);
  return [{ stage: "transactions", ...commits }, ...stages].flatMap(({ stage, violations }) =>
    violations.map(({ promise }) => `${stage}: ${promise}`),
  );
}

/** All of these with one taken out, put in before another, or put behind all. */
const without = <T extends { readonly name: string }>(all: readonly T[], gone: T): T[] =>
  all.filter((one) => JSON.stringify(one) !== JSON.stringify(gone));
const moved = <T extends { readonly name: string }>(all: readonly T[], one: T): T[] => [
  ...without(all, one),
  one,
];

describe("what is in order", () => {
  test("each event once everywhere", () => {
    expect(brokenIn(well)).toEqual([]);
    expect(judgeStore(well).stages).toEqual([
      { stage: "events on the broker", expected: 6, came: 6, repeated: 0, violations: [] },
      { stage: "effects of north", expected: 6, came: 6, repeated: 0, violations: [] },
      { stage: "effects of south", expected: 6, came: 6, repeated: 0, violations: [] },
      { stage: "echoes on the broker", expected: 12, came: 12, repeated: 0, violations: [] },
      { stage: "effects of echo", expected: 12, came: 12, repeated: 0, violations: [] },
    ]);
  });

  test("events and echoes that a relay repeats with the same ids, also late: counted", () => {
    const stored = [...well.stored, event(first), echo("north", first), event(second)];
    expect(brokenIn({ ...well, stored })).toEqual([]);
    expect(judgeStore({ ...well, stored }).stages.map(({ repeated }) => repeated)).toEqual([2, 0, 0, 1, 0]);
  });

  test("keys that overtake each other", () => {
    const last = names.at(-1) ?? "";
    const stored = [
      event(nameOf("w:3", 0)),
      event(last),
      ...without(without(well.stored, event(last)), event(nameOf("w:3", 0))),
    ];
    expect(brokenIn({ ...well, stored })).toEqual([]);
  });

  test("nothing at all", () => {
    expect(brokenIn({ rows: [], stored: [], effects: [], ended: [] })).toEqual([]);
  });
});

describe("lost", () => {
  test("an event that the broker never got", () => {
    expect(brokenIn({ ...well, stored: without(well.stored, event(second)) })).toEqual([
      "events on the broker: lost",
    ]);
  });

  test("an effect that a group did not have, though the other one had it", () => {
    const effects = without(well.effects, effect("south", first));
    expect(brokenIn({ ...well, effects })).toEqual(["effects of south: lost"]);
  });

  test("an echo that the broker never got, and one that was not heard", () => {
    expect(brokenIn({ ...well, stored: without(well.stored, echo("north", third)) })).toEqual([
      "echoes on the broker: lost",
    ]);
    expect(brokenIn({ ...well, effects: without(well.effects, heard("south", third)) })).toEqual([
      "effects of echo: lost",
    ]);
  });

  test("all of a row that nobody saw anything of", () => {
    const unseen: OwnRow = { name: "w:4", key: "k", number: 3, ids: ["7"] };
    expect(brokenIn({ ...well, rows: [...rows, unseen] })).toHaveLength(1 + 2 + 2 + 2);
  });
});

describe("of no committed row", () => {
  const rolledBack = { ...event(nameOf("w:9", 0)), id: "9" };

  test("an event of a transaction that was rolled back, on the broker and at a handler", () => {
    expect(brokenIn({ ...well, stored: [...well.stored, rolledBack] })).toEqual([
      "events on the broker: phantom",
    ]);
    const effects = [...well.effects, effect("north", rolledBack.name, "9")];
    expect(brokenIn({ ...well, effects })).toEqual(["effects of north: phantom"]);
  });

  test("more events of a row than it has", () => {
    const more = { ...event(nameOf("w:1", 2)), id: "9" };
    expect(brokenIn({ ...well, stored: [...well.stored, more] })).toEqual(["events on the broker: phantom"]);
  });

  test("an echo of an event that there is not", () => {
    const stored = [...well.stored, { id: "9", type: echoed, name: echoOf("north", rolledBack.name) }];
    expect(brokenIn({ ...well, stored })).toEqual(["echoes on the broker: phantom"]);
  });
});

describe("order", () => {
  test("on the broker: within a row, and between rows of a key", () => {
    expect(brokenIn({ ...well, stored: moved(well.stored, event(second)) })).toEqual([
      "events on the broker: order",
    ]);
    const swapped = [event(third), ...without(well.stored, event(third))];
    expect(brokenIn({ ...well, stored: swapped })).toEqual(
      Array.from({ length: 2 }, () => "events on the broker: order"),
    );
  });

  test("an early repetition does not excuse a late first time", () => {
    const stored = [event(first), event(third), event(first), ...well.stored];
    expect(brokenIn({ ...well, stored })).toEqual(["events on the broker: order"]);
  });

  test("at a handler, of events and of echoes", () => {
    expect(brokenIn({ ...well, effects: moved(well.effects, effect("south", first)) })).toEqual([
      "effects of south: order",
    ]);
    expect(brokenIn({ ...well, effects: moved(well.effects, heard("north", first)) })).toEqual([
      "effects of echo: order",
    ]);
  });
});

describe("once", () => {
  test("an effect that is there twice, in a group that has each event and in the one that has the echoes", () => {
    expect(brokenIn({ ...well, effects: [...well.effects, effect("north", first)] })).toEqual([
      "effects of north: twice",
    ]);
    expect(brokenIn({ ...well, effects: [...well.effects, heard("south", first)] })).toEqual([
      "effects of echo: twice",
    ]);
  });

  test("a repetition with another id", () => {
    const stored = [...well.stored, event(first, "other"), echo("north", first, "other")];
    expect(brokenIn({ ...well, stored })).toEqual(["events on the broker: id", "echoes on the broker: id"]);
  });

  test("an event that has not the id its row names", () => {
    const stored = [event(first, "other"), ...without(well.stored, event(first))];
    expect(brokenIn({ ...well, stored })).toEqual(["events on the broker: id"]);
  });
});

describe("transactions", () => {
  const ended = (row: string, committed: boolean, why: string): Ended => ({ rows: [row], committed, why });

  test("ended as their writers know: counted", () => {
    const all = [
      ended("w:1", true, answered),
      ended("w:2", true, looked),
      ended("w:7", false, onPurpose),
      ended("w:8", false, "STORE_CONFLICT"),
      ended("w:9", false, looked),
    ];
    expect(judgeStore({ ...well, ended: all }).commits).toEqual({
      committed: 2,
      foundDone: 1,
      rolledBackOnPurpose: 1,
      rolledBack: new Map([
        ["STORE_CONFLICT", 1],
        [looked, 1],
      ]),
      violations: [],
    });
  });

  test("committed by an answer, and not there", () => {
    expect(brokenIn({ ...well, ended: [ended("w:9", true, answered)] })).toEqual(["transactions: commit"]);
  });

  test("rolled back, and there", () => {
    expect(brokenIn({ ...well, ended: [ended("w:1", false, onPurpose)] })).toEqual(["transactions: commit"]);
    expect(brokenIn({ ...well, ended: [ended("w:1", false, "POSTGRES_UNAVAILABLE")] })).toEqual([
      "transactions: commit",
    ]);
  });

  test("a part of it there", () => {
    const half: Ended = { rows: ["w:1", "w:9"], committed: true, why: answered };
    expect(brokenIn({ ...well, ended: [half] })).toEqual(["transactions: commit"]);
  });
});
