/** What it takes to wake an instance that waits, for several kinds of them. */
import type { Goal } from "../table.js";
import { median, printTable } from "../table.js";
import { Sleepers } from "./sleepers.js";

export interface Kind {
  readonly name: string;
  /** In the journal of each, done one after the other. */
  readonly steps: number;
  /** How many there are when a round begins. */
  readonly waiting: number;
}

export interface Wakes {
  readonly title: string;
  readonly kinds: readonly Kind[];
  /** Wakes in a round. */
  readonly times: number;
  readonly rounds: number;
  readonly goals?: readonly Goal[];
  readonly note: string;
}

interface Cost {
  readonly took: number;
  readonly cpu: number;
}

export async function compareWakes(wakes: Wakes, createDatabase: () => Promise<string>): Promise<void> {
  const { title, kinds, times, rounds, goals = [], note } = wakes;
  const all = await Promise.all(kinds.map(async ({ steps }) => Sleepers.open(await createDatabase(), steps)));
  const costs = kinds.map((): Cost[] => []);
  // The first round, which is not counted, warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [at, sleepers] of all.entries()) {
      await sleepers.fill(kinds[at]?.waiting ?? 0);
      if (round === 0) await sleepers.settle();
      const cost = await costOf(sleepers, times);
      if (round > 0) costs[at]?.push(cost);
    }
  }
  for (const sleepers of all) await sleepers.close();
  printTable({
    title,
    measure: "microseconds per wake",
    rows: kinds.map(({ name }, at) => row(name, costs[at] ?? [])),
    more: ["CPU of this process"],
    figure: (value) => value.toFixed(0),
    goals,
    note,
  });
}

function row(name: string, costs: readonly Cost[]): { name: string; values: number[]; more: string[] } {
  const cpu = median(costs.map((cost) => cost.cpu)).toFixed(0);
  return { name, values: costs.map(({ took }) => took), more: [cpu] };
}

async function costOf(sleepers: Sleepers, times: number): Promise<Cost> {
  const cpuBefore = process.cpuUsage();
  const begin = process.hrtime.bigint();
  await sleepers.wake(times);
  const took = Number(process.hrtime.bigint() - begin) / 1e3 / times;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { took, cpu: (user + system) / times };
}
