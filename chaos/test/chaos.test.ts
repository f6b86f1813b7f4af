import { expect, test } from "vitest";
import { violationsOf } from "../src/report.js";
import { runChaos } from "../src/run/run.js";

const seed = 20_261_124;

// One fault of nearly every kind. Longer runs: `npm run chaos`.
test.each(["sqlite", "redis", "rabbitmq"] as const)(
  "%s keeps its promises while processes and servers fail",
  {
    timeout: 240_000,
  },
  async (broker) => {
    const result = await runChaos({ broker, durationMs: 10_000, faults: 10, seed });
    expect(violationsOf(result)).toEqual([]);
    for (const { confirmed, handled } of result.verdicts) {
      expect(confirmed).toBeGreaterThan(200);
      expect(handled).toBeGreaterThanOrEqual(confirmed);
    }
    // Not in each group: one gives up two events of a thousand.
    expect(result.verdicts.some(({ deadLettered }) => deadLettered > 0)).toBe(true);
  },
);
