import type { MemoryRows } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { runStoreConformance, type StoreConformanceOptions, storeGuarantees } from "../src/index.js";
import type { StoreSin } from "./broken-stores/sin.js";
import { storeSins } from "./broken-stores/sins.js";
import { stageLeaseMs, worldOf } from "./broken-stores/stage.js";

const optionsOf = (sin: Partial<StoreSin>, deadlineMs: number): StoreConformanceOptions<MemoryRows> => ({
  world: () => worldOf(sin),
  leaseMs: stageLeaseMs,
  deadlineMs,
});

/** Everything that an error says, its causes included. */
function told(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${told(error.cause)}` : String(error ?? "");
}

describe("the kit catches broken stores", () => {
  for (const { breaks, sin, caughtBy, ...how } of storeSins)
    test(`${breaks}: ${sin}`, { timeout: 60_000 }, async () => {
      const results = await runStoreConformance(optionsOf(how, 3_000), { only: Object.keys(caughtBy) });
      const outcomes = results.map(({ id, status, error }) => [id, status, told(error)]);
      const expected = results.map(({ id }) => [id, "failed", expect.stringMatching(caughtBy[id] ?? /^$/)]);
      expect(outcomes).toEqual(expected);
      expect(results.length).toBe(Object.keys(caughtBy).length);
    });

  test("there is a broken store for every guarantee", () => {
    const broken = new Set(storeSins.map((one) => one.breaks));
    expect(storeGuarantees.filter(({ id }) => !broken.has(id)).map(({ id }) => id)).toEqual([]);
  });

  test("there is a broken store for every case", () => {
    const caught = new Set(storeSins.flatMap(({ caughtBy }) => Object.keys(caughtBy)));
    const cases = storeGuarantees.flatMap((guarantee) => guarantee.cases.map(({ id }) => id));
    expect(cases.filter((id) => !caught.has(id))).toEqual([]);
  });
});

describe("the kit lets honest stores pass", () => {
  test("the same wrapper with every ability, without a sin", { timeout: 120_000 }, async () => {
    const results = await runStoreConformance(optionsOf({}, 10_000));
    expect(results.filter(({ status }) => status !== "passed")).toEqual([]);
  });
});
