/** Compares ways to do the same thing in one process: rounds interleaved, medians, ratios to the first contestant. */
import { median, perSecond, printTable, type Row } from "./table.js";

export interface Contestant {
  readonly name: string;
  /** Does the thing `times` times. */
  readonly run: (times: number) => unknown;
}

export interface Comparison {
  readonly title: string;
  /** What one time is: "event", "message". */
  readonly unit: string;
  /** The first one is what the others are measured against. */
  readonly contestants: readonly Contestant[];
  /** How often each contestant does the thing in a round. */
  readonly times: number;
  readonly rounds?: number;
  /** What the ratio of a contestant should at least be. */
  readonly goals?: Readonly<Record<string, number>>;
  /** How often per second a contestant should at least do it. Absolute, so it says more on a quiet machine. */
  readonly leastPerSecond?: Readonly<Record<string, number>>;
}

/** Runs a comparison and prints it as a Markdown table. */
export async function compare(comparison: Comparison): Promise<void> {
  const { contestants, times, rounds = 7 } = comparison;
  const measured = contestants.map(({ name }) => ({ name, values: [] as number[] }));
  for (const { run } of contestants) await run(Math.ceil(times / 4));
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of contestants.entries()) {
      measured[i]?.values.push(await rate(run, times));
    }
  }
  print(comparison, measured);
}

async function rate(run: Contestant["run"], times: number): Promise<number> {
  const begin = process.hrtime.bigint();
  await run(times);
  return times / (Number(process.hrtime.bigint() - begin) / 1e9);
}

function print({ title, unit, goals = {}, leastPerSecond = {} }: Comparison, rows: readonly Row[]): void {
  printTable({
    title,
    measure: `${unit}s per second`,
    rows,
    figure: perSecond,
    goals: Object.entries(goals).map(([of, least]) => ({ of, least })),
    ...floors(rows, leastPerSecond),
  });
}

function floors(rows: readonly Row[], leastPerSecond: Readonly<Record<string, number>>): { note?: string } {
  const lines = Object.entries(leastPerSecond).map(([name, least]) => {
    const reached = median(rows.find((row) => row.name === name)?.values ?? []);
    return `${name}: at least ${perSecond(least)}/s: ${reached >= least ? "met" : "MISSED"}`;
  });
  return lines.length === 0 ? {} : { note: lines.join("\n") };
}
