import { describe, expect, test } from "vitest";
import type { Delivered } from "../src/ledger.js";
import {
  begun,
  brokenIn,
  confirmed,
  delivered,
  ended,
  failed,
  fault,
  handled,
  judged,
  leaseMs,
  left,
  type MadeUp,
  settled,
} from "./made-up.js";

const [first, second]: readonly Delivered[] = [
  ["k#1", 1],
  ["k#2", 1],
] as const;
const publisher = [confirmed(0, "k#1", "k#2")];
const attempt = (number: number, id = "k#1"): Delivered => [id, number];

describe("what is in order", () => {
  test("two events of a key, one after the other", () => {
    const run = { ledgers: { publisher, one: [...handled(10, first), ...handled(20, second)] } };
    expect(judged(run)).toMatchObject({
      confirmed: 2,
      handled: 2,
      deliveries: 2,
      repeated: 0,
      violations: [],
    });
  });

  test("a retry elsewhere, begun before the answer to the settlement was back", () => {
    const slow = [delivered(10, first), begun(11, first), ended(12, first, "failed")];
    const run = {
      publisher,
      one: [...slow, { ...settled(13, first, "retry"), at: 30 }],
      two: [...handled(20, attempt(2)), ...handled(40, second)],
    };
    expect(brokenIn({ ledgers: run })).toEqual([]);
  });

  test("a release that comes again to the same process before the answer to it was back", () => {
    const released = { ...settled(11, first, "release"), at: 13 };
    const again = [begun(14, first), ended(15, first), settled(16, first)];
    const one = [delivered(10, first), delivered(12, first), released, ...again, ...handled(20, second)];
    expect(brokenIn({ ledgers: { publisher, one } })).toEqual([]);
  });

  test("an event given up that is on the shelf", () => {
    const up = [delivered(10, first), begun(11, first), ended(12, first, "terminal")];
    const one = [...up, settled(13, first, "deadLetter"), ...handled(20, second)];
    expect(brokenIn({ ledgers: { publisher, one }, shelf: ["k#1"] })).toEqual([]);
  });

  test("what somebody who left had not begun, handled elsewhere as if never delivered", () => {
    const run = {
      publisher,
      one: [delivered(10, first, second), left(12)],
      two: handled(20, first).concat(handled(30, second)),
    };
    expect(brokenIn({ ledgers: run })).toEqual([]);
  });

  test("an event that was published but never confirmed may be missing", () => {
    const one = [...handled(10, ["k#1", 1]), ...handled(20, ["k#3", 1])];
    expect(brokenIn({ ledgers: { publisher: [confirmed(0, "k#1", "k#3")], one } })).toEqual([]);
  });
});

describe("lost", () => {
  test("a confirmed event that nobody handled", () => {
    expect(brokenIn({ ledgers: { publisher, one: handled(10, first) } })).toEqual(["lost"]);
  });

  test("a confirmed event whose handling never succeeded", () => {
    const one = [...handled(10, first), ...failed(20, second)];
    expect(brokenIn({ ledgers: { publisher, one } })).toEqual(["lost"]);
  });

  test("an event given up that is not on the shelf", () => {
    const up = [delivered(20, second), begun(21, second), ended(22, second, "terminal")];
    const one = [...handled(10, first), ...up, settled(23, second, "deadLetter")];
    expect(brokenIn({ ledgers: { publisher, one } })).toEqual(["lost"]);
  });

  test("an event on the shelf that nobody gave up", () => {
    const one = [...handled(10, first), ...handled(20, second)];
    expect(brokenIn({ ledgers: { publisher, one }, shelf: ["k#2"] })).toEqual(["dead letter"]);
  });
});

describe("order", () => {
  const swapped = { publisher, one: [...handled(10, second), ...handled(20, first)] };

  test("a later event of a key that was handled first", () => {
    expect(brokenIn({ ledgers: swapped })).toEqual(["order"]);
  });

  test("no fault excuses that", () => {
    expect(brokenIn({ ledgers: swapped, faults: [fault("everyone", 0, 100)] })).toEqual(["order"]);
  });

  test("an unordered group may", () => {
    expect(brokenIn({ ledgers: swapped, ordering: "none" })).toEqual([]);
  });

  test("a later event begun between a failure and its retry", () => {
    const one = [...failed(10, first), ...handled(20, second), ...handled(30, attempt(2))];
    expect(brokenIn({ ledgers: { publisher, one } })).toEqual(["order"]);
  });

  test("a later event begun while the earlier one is being handled elsewhere", () => {
    const slow = [delivered(10, first), begun(11, first), ended(40, first), settled(41, first)];
    expect(brokenIn({ ledgers: { publisher, one: slow, two: handled(20, second) } })).toContain("order");
  });

  test("one event of a key handled twice at once, unless its first holder was cut off", () => {
    const slow = [delivered(10, first), begun(11, first), ended(40, first), settled(41, first)];
    const ledgers = { publisher, one: slow, two: [...handled(20, attempt(2)), ...handled(50, second)] };
    expect(brokenIn({ ledgers })).toEqual(["order", "duplicate"]);
    expect(brokenIn({ ledgers, faults: [fault("one", 15)] })).toEqual([]);
  });
});

describe("duplicates", () => {
  const held = [delivered(10, first), begun(11, first)];
  const two = [...handled(500, attempt(2)), ...handled(510, second)];
  const again: MadeUp = { ordering: "none", ledgers: { publisher, one: held, two } };

  test("what is still held comes again", () => {
    expect(brokenIn(again)).toEqual(["duplicate"]);
  });

  test("its holder was killed: counted, no violation", () => {
    expect(judged({ ...again, faults: [fault("one", 12)] })).toMatchObject({
      repeated: 1,
      violations: [],
    });
  });

  test("the server was down while it was held", () => {
    expect(brokenIn({ ...again, faults: [fault("everyone", 100, 200)] })).toEqual([]);
  });

  test("somebody else was killed: explains nothing", () => {
    expect(brokenIn({ ...again, faults: [fault("three", 12)] })).toEqual(["duplicate"]);
  });

  test("a fault that was over a lease before the delivery explains nothing", () => {
    const early = [fault("one", -200, 9 - leaseMs)];
    expect(brokenIn({ ...again, faults: early })).toEqual(["duplicate"]);
  });

  test("what was settled comes again, though a fault came later", () => {
    const one = handled(10, first);
    const two = [...handled(500, attempt(2)), ...handled(510, second)];
    expect(brokenIn({ ledgers: { publisher, one, two }, faults: [fault("one", 100)] })).toEqual([
      "duplicate",
    ]);
  });

  test("a retry that a fault left without an answer may have made two, and no more", () => {
    const asked = [delivered(10, first), begun(11, first), ended(12, first, "failed")];
    const twice = [...handled(500, attempt(2)), ...handled(600, attempt(2))];
    const run = { publisher, one: asked, two: [...twice, ...handled(700, second)] };
    expect(brokenIn({ ledgers: run, faults: [fault("one", 13)] })).toEqual([]);
    const thrice = [...twice, ...handled(650, attempt(2)), ...handled(700, second)];
    const more = brokenIn({ ledgers: { ...run, two: thrice }, faults: [fault("one", 13)] });
    expect(more).toEqual(["duplicate"]);
  });

  test("a retry may come back before its answer, which a fault then swallows; without a fault it may not", () => {
    const asked = [delivered(10, first), begun(11, first), ended(12, first, "failed")];
    const ledgers = { publisher, one: [...asked, ...handled(50, attempt(2)), ...handled(60, second)] };
    const swallowed = fault("one", 500);
    expect(brokenIn({ ordering: "none", ledgers, faults: [swallowed] })).toEqual([]);
    expect(brokenIn({ ordering: "none", ledgers })).toEqual(["duplicate"]);
  });

  test("of two that a retry made, one may fail and come again, and the other counts from where they parted", () => {
    const asked = [delivered(10, first), begun(11, first), ended(12, first, "failed")];
    const other = [...failed(500, attempt(2)), ...handled(520, attempt(3))];
    const run = {
      publisher,
      one: asked,
      two: other,
      three: [...handled(600, attempt(2)), ...handled(700, second)],
    };
    expect(brokenIn({ ordering: "none", ledgers: run, faults: [fault("one", 13)] })).toEqual([]);
    const low = [...handled(600, first), ...handled(700, second)];
    const wrong = brokenIn({ ordering: "none", ledgers: { ...run, three: low }, faults: [fault("one", 13)] });
    expect(wrong).toEqual(["attempt"]);
  });

  test("so may what was given back by somebody who left, when a fault came before he had", () => {
    const released = [delivered(10, first), left(50)];
    const twice = [...handled(500, first), ...handled(600, first), ...handled(700, second)];
    const run = { ordering: "none", ledgers: { publisher, one: released, two: twice } } as const;
    expect(brokenIn({ ...run, faults: [fault("everyone", 20, 40)] })).toEqual([]);
    expect(brokenIn({ ...run, faults: [fault("everyone", 200, 250)] })).toContain("duplicate");
    expect(brokenIn(run)).toContain("duplicate");
  });

  test("twice the same attempt", () => {
    const one = [...handled(10, first), ...handled(20, first), ...handled(30, second)];
    expect(brokenIn({ ledgers: { publisher, one } })).toEqual(["duplicate", "attempt"]);
  });
});

describe("attempts", () => {
  test("a retry that was not counted", () => {
    const one = [...failed(10, first), ...handled(20, first), ...handled(30, second)];
    expect(brokenIn({ ledgers: { publisher, one } })).toEqual(["attempt"]);
  });

  test("a crash that was not counted, a fault or not", () => {
    const one = [delivered(10, first), begun(11, first)];
    const two = [...handled(500, first), ...handled(510, second)];
    expect(brokenIn({ ledgers: { publisher, one, two }, faults: [fault("one", 12)] })).toEqual(["attempt"]);
  });

  test("a release that was counted", () => {
    const one = [delivered(10, first), settled(11, first, "release")];
    const two = [...handled(20, attempt(2)), ...handled(30, second)];
    expect(brokenIn({ ledgers: { publisher, one, two } })).toEqual(["attempt"]);
  });

  test("a first delivery that says it is the second, unless one may have been lost in a fault", () => {
    const ledgers = { publisher, one: [...handled(20, attempt(2)), ...handled(30, second)] };
    expect(brokenIn({ ledgers })).toEqual(["attempt"]);
    expect(brokenIn({ ledgers, faults: [fault("two", 5)] })).toEqual([]);
  });

  test("what a fault took from a process counts, also when that process left in good order long after", () => {
    const one = [delivered(10, first), left(900)];
    const again = [
      delivered(500, attempt(3)),
      settled(505, attempt(3), "release"),
      ...handled(520, attempt(3)),
    ];
    const two = [...again, ...handled(530, second)];
    expect(brokenIn({ ledgers: { publisher, one, two }, faults: [fault("one", 12)] })).toEqual([]);
    const more = [delivered(500, attempt(4)), ...handled(530, second)];
    const counted = { publisher, one, two: more };
    expect(brokenIn({ ledgers: counted, faults: [fault("one", 12)] })).toContain("attempt");
  });

  test("twice, where a member moves delayed retries and a fault of somebody may have cut it off", () => {
    const one = [
      ...failed(10, first),
      ...handled(40, attempt(2)),
      ...handled(50, attempt(2)),
      ...handled(60, second),
    ];
    const ledgers = { publisher, one };
    const faults = [fault("another", 30)];
    expect(brokenIn({ ledgers, faults, movesRetries: true })).toEqual([]);
    expect(brokenIn({ ledgers, faults })).toEqual(["duplicate", "attempt"]);
    expect(brokenIn({ ledgers, movesRetries: true })).toEqual(["duplicate", "attempt"]);
  });

  test("one attempt more for each who left meanwhile, where what is on its way to him is counted", () => {
    const one = [...handled(20, attempt(2)), ...handled(30, second)];
    const ledgers = { publisher, one, two: [left(5)] };
    expect(brokenIn({ ledgers })).toEqual(["attempt"]);
    expect(brokenIn({ ledgers, countsPassing: true })).toEqual([]);
    const more = [...handled(20, attempt(3)), ...handled(30, second)];
    expect(brokenIn({ ledgers: { ...ledgers, one: more }, countsPassing: true })).toEqual(["attempt"]);
  });
});
