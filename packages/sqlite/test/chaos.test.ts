import { expect, test } from "vitest";
import { runChaos } from "../chaos/run.js";

test("ten processes killed at random instants lose nothing that was confirmed", {
  timeout: 120_000,
}, async () => {
  const seed = 20_261_123;
  const { verdicts, violations } = await runChaos({ kills: 10, seed });
  expect(violations, `again with: --kills 10 --seed ${seed}`).toEqual([]);
  for (const verdict of verdicts) expect(verdict.confirmed).toBeGreaterThan(100);
});
