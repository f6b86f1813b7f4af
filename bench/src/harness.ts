/** Compares ways to do the same thing in one process: rounds interleaved, medians, ratios to the first contestant. */
import { median, perSecond, printTable, type Row } from "./table.js";

export interface Contestant {
  readonly name: string;
  /** Does the thing `times` times. */
  readonly run: (times: number) => unknown;
}

export interface Comparison<One extends Contestant = Contestant> {
  readonly title: string;
  /** What one time is: "event", "message". */
  readonly unit: string;
  /** The first one is what the others are measured against. */
  readonly contestants: readonly One[];
  /** How often each contestant does the thing in a round. */
  readonly times: number;
  readonly rounds?: number;
  /** What the ratio of a contestant should at least be. */
  readonly goals?: Readonly<Record<string, number>>;
  /** How often per second a contestant should at least do it. Absolute, so it says more on a quiet machine. */
  readonly leastPerSecond?: Readonly<Record<string, number>>;
  /** A further column, found out after the rounds. */
  readonly more?: { readonly head: string; readonly cell: (contestant: One) => Promise<string> };
  /** What has to be known to read it. */
  readonly note?: string;
}

/** Runs a comparison and prints it as a Markdown table. */
export async function compare<One extends Contestant>(comparison: Comparison<One>): Promise<void> {
  const { contestants, times, rounds = 7, more } = comparison;
  const measured = contestants.map(({ name }) => ({ name, values: [] as number[] }));
  for (const { run } of contestants) await run(Math.ceil(times / 4));
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of contestants.entries()) {
      measured[i]?.values.push(await rate(run, times));
    }
  }
  const rows: Row[] = [];
  for (const [i, row] of measured.entries()) {
    const contestant = contestants[i];
    rows.push(more && contestant ? { ...row, more: [await more.cell(contestant)] } : row);
  }
  print(comparison, rows);
}

async function rate(run: Contestant["run"], times: number): Promise<number> {
  const begin = process.hrtime.bigint();
  await run(times);
  return times / (Number(process.hrtime.bigint() - begin) / 1e9);
}

type Printed = Omit<Comparison, "contestants" | "more"> & { readonly more?: { readonly head: string } };

function print(comparison: Printed, rows: readonly Row[]): void {
  const { title, unit, goals = {}, more } = comparison;
  const notes = notesOf(comparison, rows);
  printTable({
    title,
    measure: `${unit}s per second`,
    rows,
    figure: perSecond,
    goals: Object.entries(goals).map(([of, least]) => ({ of, least })),
    ...(more ? { more: [more.head] } : {}),
    ...(notes.length > 0 ? { note: notes.join("\n") } : {}),
  });
}

function notesOf({ leastPerSecond = {}, note }: Printed, rows: readonly Row[]): string[] {
  const floors = Object.entries(leastPerSecond).map(([name, least]) => {
    const reached = median(rows.find((row) => row.name === name)?.values ?? []);
    return `${name}: at least ${perSecond(least)}/s: ${reached >= least ? "met" : "MISSED"}`;
  });
  return note === undefined ? floors : [...floors, note];
}
