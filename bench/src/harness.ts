/** Compares ways to do the same thing in one run: rounds interleaved, medians, ratios to the first contestant. */

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

interface Measured {
  readonly name: string;
  readonly perSecond: readonly number[];
}

/** Runs a comparison and prints it as a Markdown table. */
export async function compare(comparison: Comparison): Promise<void> {
  const { contestants, times, rounds = 7 } = comparison;
  const measured = contestants.map(({ name }) => ({ name, perSecond: [] as number[] }));
  for (const { run } of contestants) await run(Math.ceil(times / 4));
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of contestants.entries()) {
      measured[i]?.perSecond.push(await rate(run, times));
    }
  }
  print(comparison, measured);
}

async function rate(run: Contestant["run"], times: number): Promise<number> {
  const begin = process.hrtime.bigint();
  await run(times);
  return times / (Number(process.hrtime.bigint() - begin) / 1e9);
}

function print(
  { title, unit, goals = {}, leastPerSecond = {} }: Comparison,
  measured: readonly Measured[],
): void {
  const base = median(measured[0]?.perSecond ?? []);
  const rows = measured.map(({ name, perSecond }) => {
    const ratio = median(perSecond) / base;
    const spread = `${figure(Math.min(...perSecond))} – ${figure(Math.max(...perSecond))}`;
    return `| ${name} | ${figure(median(perSecond))} | ${spread} | ${ratio.toFixed(2)} | ${goal(ratio, goals[name])}${floor(median(perSecond), leastPerSecond[name])} |`;
  });
  const head = [`| ${unit}s per second | median | spread | ratio | goal |`, "|---|---:|---:|---:|---|"];
  process.stdout.write(`\n### ${title}\n\n${[...head, ...rows].join("\n")}\n`);
}

function goal(ratio: number, least: number | undefined): string {
  if (least === undefined) return "";
  return `at least ${least.toFixed(2)}: ${ratio >= least ? "met" : "MISSED"}`;
}

function floor(perSecond: number, least: number | undefined): string {
  if (least === undefined) return "";
  return `at least ${figure(least)}/s: ${perSecond >= least ? "met" : "MISSED"}`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function figure(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)}M`;
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(0)}k` : perSecond.toFixed(0);
}
