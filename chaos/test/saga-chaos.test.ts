import { expect, test } from "vitest";
import { sagaViolationsOf } from "../src/saga/report.js";
import { runSagaChaos } from "../src/saga/run/run.js";

const seed = 20_261_128;
const faults = {
  postgres: ["worker kill", "worker cut", "postgres kill"],
  sqlite: ["worker kill", "worker short pause"],
};

// Each of these once. Longer runs: `npm run chaos -- --saga postgres`.
test.each(["postgres", "sqlite"] as const)(
  "sagas on %s end as they must while processes and servers fail",
  { timeout: 300_000 },
  async (store) => {
    const only = faults[store];
    const sagas = 60;
    const result = await runSagaChaos({
      store,
      durationMs: 1_000 * only.length,
      faults: only.length,
      only,
      seed,
      sagas,
      processes: 3,
    });
    expect(sagaViolationsOf(result)).toEqual([]);
    expect(result.faults.map(({ kind }) => kind).sort()).toEqual([...only].sort());
    // Some more come until all processes have answered.
    expect(result.endings.reduce((sum, { started }) => sum + started, 0)).toBeGreaterThan(sagas / 2);
    for (const { started, ended, answered, fired, begun } of result.endings) {
      expect(started).toBeGreaterThan(0);
      expect(ended).toBe(started);
      expect(answered).toBeLessThan(started + 1);
      // Each sleeps twice.
      expect(fired).toBe(2 * started + (started - answered));
      expect(begun).toBeGreaterThanOrEqual(4 * started);
    }
  },
);
