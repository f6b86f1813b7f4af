import { expect, test } from "vitest";
import { storeViolationsOf } from "../src/store/report.js";
import { runStoreChaos } from "../src/store/run/run.js";

const seed = 20_261_124;
const kills = ["writer kill", "relay kill", "handler kill"];
const faults = {
  postgres: [...kills, "postgres kill", "redis kill", "relay long pause", "handler long pause", "relay cut"],
  sqlite: kills,
};

// Each of these once. Longer runs: `npm run chaos -- --store postgres`.
test.each(["postgres", "sqlite"] as const)(
  "outbox and inbox on %s keep their promises while processes and servers fail",
  { timeout: 300_000 },
  async (store) => {
    const only = faults[store];
    const result = await runStoreChaos({
      store,
      durationMs: 1_500 * only.length,
      faults: only.length,
      only,
      seed,
      processes: 2,
    });
    expect(storeViolationsOf(result)).toEqual([]);
    expect(result.faults.map(({ kind }) => kind).sort()).toEqual([...only].sort());
    expect(result.commits.committed).toBeGreaterThan(20);
    expect(result.commits.rolledBackOnPurpose).toBeGreaterThan(0);
    for (const { expected, came } of result.stages) {
      expect(expected).toBeGreaterThan(40);
      expect(came).toBe(expected);
    }
  },
);
