import { compileFilter, createRouter } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { filterCases } from "./cases.js";

describe("a filter wants what the language says", () => {
  it.each(filterCases)("$name", ({ filter, event, expected }) => {
    expect(compileFilter(filter)(event)).toBe(expected);
  });
});

describe("a router with all the filters at once", () => {
  it("finds for each event the filters that want it", () => {
    const router = createRouter<number>();
    for (const [i, { filter }] of filterCases.entries()) router.add(filter, i);
    for (const [i, { event, expected, name }] of filterCases.entries()) {
      expect(router.match(event).includes(i), name).toBe(expected);
    }
  });
});
