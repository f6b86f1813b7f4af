import { compileFilter, createRouter, type Filter, type MeshEvent } from "@meshwright/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { events, filters, patterns, strangeEvents } from "./arbitraries.js";
import { modelMatches } from "./model.js";

const runs = { numRuns: 2_000 };

function matches(filter: Filter, event: MeshEvent): boolean {
  return compileFilter(filter, {
    onError: (error) => {
      throw error;
    },
  })(event);
}

describe("the matcher agrees with the model", () => {
  it("on patterns, of which some match and some do not", () => {
    let wanted = 0;
    fc.assert(
      fc.property(patterns, events, (filter, event) => {
        const expected = modelMatches(filter, event);
        wanted += expected ? 1 : 0;
        expect(matches(filter, event)).toBe(expected);
      }),
      runs,
    );
    expect(wanted).toBeGreaterThan(runs.numRuns * 0.02);
    expect(wanted).toBeLessThan(runs.numRuns * 0.95);
  });

  it("on filters of all spellings", () => {
    fc.assert(
      fc.property(filters, events, (filter, event) => {
        expect(matches(filter, event)).toBe(modelMatches(filter, event));
      }),
      runs,
    );
  });
});

describe("the laws of logic hold", () => {
  it("De Morgan's, and double negation", () => {
    fc.assert(
      fc.property(filters, filters, events, (one, other, event) => {
        const all = matches({ not: { all: [one, other] } }, event);
        expect(all).toBe(matches({ any: [{ not: one }, { not: other }] }, event));
        const any = matches({ not: { any: [one, other] } }, event);
        expect(any).toBe(matches({ all: [{ not: one }, { not: other }] }, event));
        expect(matches({ not: { not: one } }, event)).toBe(matches(one, event));
      }),
      { numRuns: 500 },
    );
  });

  it("a pattern with `$or` is `any` of its alternatives", () => {
    fc.assert(
      fc.property(patterns, patterns, events, (one, other, event) => {
        const or = { $or: [one, other] } as Filter;
        expect(matches(or, event)).toBe(matches({ any: [one, other] }, event));
      }),
      { numRuns: 500 },
    );
  });
});

describe("whatever the event", () => {
  it("the answer is true or false, without an error", () => {
    fc.assert(
      fc.property(filters, strangeEvents, (filter, event) => {
        const errors: unknown[] = [];
        const answer = compileFilter(filter, { onError: (error) => errors.push(error) })(event);
        expect([typeof answer, errors]).toEqual(["boolean", []]);
      }),
      runs,
    );
  });

  it("a router finds what each filter by itself would", () => {
    fc.assert(
      fc.property(fc.array(filters, { maxLength: 8 }), events, (list, event) => {
        const router = createRouter<number>();
        for (const [i, filter] of list.entries()) router.add(filter, i);
        expect(router.match(event)).toEqual(
          [...list.keys()].filter((i) => matches(list[i] as Filter, event)),
        );
      }),
      { numRuns: 300 },
    );
  });
});
