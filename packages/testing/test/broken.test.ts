import { type MemoryBroker, memoryBroker, memoryServer } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { type ConformanceOptions, guarantees, runConformance, virtualClock } from "../src/index.js";
import { delegate, type Sin } from "./broken/sin.js";
import { sins } from "./broken/sins.js";
import { memoryOptions } from "./memory-options.js";

const leaseMs = 300;

/** The memory broker's own options, with a wrapper around every connection and short virtual deadlines. */
function optionsOf(sin: Pick<Sin, "commit" | "options">): ConformanceOptions<MemoryBroker> {
  const server = memoryServer();
  const clock = virtualClock();
  return {
    ...memoryOptions(),
    create: () => sin.commit(memoryBroker({ server, leaseMs }), { leaseMs, clock }),
    restart: () => server.restart(),
    clock,
    leaseMs,
    deadlineMs: 3_000,
    backlog: 1_500,
    skip: {},
    ...sin.options?.(),
  };
}

/** Everything that an error says, its causes included. */
function told(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${told(error.cause)}` : String(error ?? "");
}

describe("the kit catches broken brokers", () => {
  for (const { breaks, sin, caughtBy, ...how } of sins)
    test(`${breaks}: ${sin}`, { timeout: 60_000 }, async () => {
      const results = await runConformance(optionsOf(how), { only: Object.keys(caughtBy) });
      const outcomes = results.map(({ id, status, error }) => [id, status, told(error)]);
      const expected = results.map(({ id }) => [id, "failed", expect.stringMatching(caughtBy[id] ?? /^$/)]);
      expect(outcomes).toEqual(expected);
      expect(results.length).toBe(Object.keys(caughtBy).length);
    });

  test("there is a broken broker for every guarantee", () => {
    const broken = new Set(sins.map((one) => one.breaks));
    const missing = guarantees.filter(({ id }) => /^B\d+$/.test(id) && !broken.has(id));
    expect(missing.map(({ id }) => id)).toEqual([]);
  });
});

describe("the kit lets honest brokers pass", () => {
  test("the same wrapper and the same short deadlines, without a sin", { timeout: 120_000 }, async () => {
    const options = { ...optionsOf({ commit: delegate }), skip: memoryOptions().skip ?? {} };
    const results = await runConformance(options);
    expect(results.filter(({ status }) => status === "failed")).toEqual([]);
    expect(results.filter(({ status }) => status === "passed").length).toBeGreaterThan(90);
  });
});
