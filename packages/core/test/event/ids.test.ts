import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deriveId, newId } from "../../src/event/ids.js";

const version7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const version8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The largest time that 48 bits hold, in the year 10889. */
const lastMs = 2 ** 48 - 1;

describe("a new id", () => {
  test("is a UUIDv7 that carries its time", () => {
    fc.assert(
      fc.property(fc.nat(lastMs), (now) => {
        const id = newId(now);
        expect(id).toMatch(version7);
        expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now);
      }),
    );
  });

  test("sorts after the ones before, within a millisecond and over many", () => {
    fc.assert(
      fc.property(
        fc.nat(lastMs - 10_000),
        fc.array(fc.constantFrom(0, 0, 0, 0, 1, 70), { maxLength: 200 }),
        (from, steps) => {
          let now = from;
          let before = newId(now);
          for (const step of steps) {
            now += step;
            const id = newId(now);
            expect(id > before).toBe(true);
            before = id;
          }
        },
      ),
    );
  });

  test("is never one that was made before, also when the clock goes back and forth", () => {
    const ids = new Set<string>();
    const each = 50_000;
    for (let i = 0; i < each; i++) ids.add(newId(1_700_000_000_000));
    for (let i = 0; i < each; i++) ids.add(newId(1_700_000_000_000 + (i % 2)));
    expect(ids.size).toBe(2 * each);
  });

  test("begins each millisecond at a place of its own, and ends in bits of its own", () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => newId(i));
    expect(new Set(ids.map((id) => id.slice(14, 23))).size).toBeGreaterThan(1_900);
    expect(new Set(ids.map((id) => id.slice(24))).size).toBe(2_000);
    // Three random bits begin the counter; the fourth stays free for counting on.
    expect([...new Set(ids.map((id) => id[15]))].sort().join("")).toBe("01234567");
  });

  test("takes any number for a time", () => {
    for (const now of [0, 0.5, 1_700_000_000_000.7, -1]) expect(newId(now)).toMatch(version7);
    expect(newId(1_700_000_000_000.7).slice(0, 13)).toBe(newId(1_700_000_000_000).slice(0, 13));
  });
});

const parts = fc.record({ group: fc.string(), source: fc.string(), id: fc.string(), ordinal: fc.nat() });

describe("a derived id", () => {
  // Fixed for ever: a release that changed them would make every redelivery across it a new event.
  test.each([
    [{ group: "scan", source: "/registry", id: "7", ordinal: 0 }, "98539c6c-84f0-87c2-9939-01f1c137e86f"],
    [{ group: "scan", source: "/registry", id: "7", ordinal: 1 }, "330b285f-c14b-8e6c-a93a-6ad3162a1895"],
    [
      { group: "größe", source: "https://example.org/ä", id: "😀", ordinal: 12 },
      "ce399b76-40a9-85db-a119-cb04f8b6e0a9",
    ],
  ])("of %j is %s", (of, id) => {
    expect(deriveId(of)).toBe(id);
  });

  test("is a UUIDv8, and the same every time", () => {
    fc.assert(
      fc.property(parts, (of) => {
        expect(deriveId(of)).toMatch(version8);
        expect(deriveId({ ...of })).toBe(deriveId(of));
      }),
    );
  });

  test("differs where any part differs", () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(deriveId(a)).not.toBe(deriveId(b));
      }),
    );
  });

  test("is not misled by where one part ends and the next begins", () => {
    const cut = (group: string, source: string, id: string) => deriveId({ group, source, id, ordinal: 1 });
    const ids = [
      cut("ab", "c", "d"),
      cut("a", "bc", "d"),
      cut("a", "b", "cd"),
      cut('a","b', "c", "d"),
      cut("", "ab", "cd"),
    ];
    expect(
      new Set([...ids, cut("\ud800", "c", "d"), cut("\ud801", "c", "d"), cut("\ufffd", "c", "d")]).size,
    ).toBe(8);
    expect(deriveId({ group: "a", source: "b", id: "1", ordinal: 11 })).not.toBe(
      deriveId({ group: "a", source: "b", id: "11", ordinal: 1 }),
    );
  });
});
