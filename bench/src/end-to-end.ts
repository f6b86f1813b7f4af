/** Comparisons of contestants in two processes: rounds interleaved, a server for each run. */
import type { Place } from "./place.js";
import { type Goal, median, perSecond, printTable, type Row } from "./table.js";
import { type Entrant, measureLatency, measureThroughput, type Throughput } from "./two-processes.js";

export interface Comparison<E extends Entrant> {
  readonly title: string;
  /** Where a run takes place, left after it. */
  readonly place: () => Promise<Place>;
  /** Removes what the runs of a round have left in a place that they share. */
  readonly afterRound?: () => Promise<void>;
  /** The first one is what the others are measured against. */
  readonly entrants: readonly E[];
  readonly rounds?: number;
  readonly note: string;
}

/** With how many events it publishes in a run: about a second's worth. */
export interface Sized extends Entrant {
  readonly count: number;
}

export async function compareThroughput(
  comparison: Comparison<Sized> & { readonly goals: readonly Goal[] },
): Promise<void> {
  const measured = await inRounds(comparison, (entrant, place) =>
    measureThroughput(entrant, place, entrant.count),
  );
  const { title, goals, note } = comparison;
  printTable({
    title,
    measure: "events per second",
    rows: [...measured].map(([name, runs]) => throughputRow(name, runs)),
    figure: perSecond,
    goals,
    more: ["producer", "consumer", "server"],
    note: `${note} Producer, consumer, server: microseconds of processor for each event.`,
  });
}

function throughputRow(name: string, runs: readonly Throughput[]): Row {
  const cpu = (["producer", "consumer", "server"] as const).map((who) =>
    median(runs.map((run) => run.cpu[who])).toFixed(1),
  );
  return { name, values: runs.map((run) => run.perSecond), more: cpu };
}

const load = { count: 4_000, perSecond: 1_000 };

export async function compareLatency(
  comparison: Comparison<Entrant> & {
    /** The p99 of what is ours, at most so many times that of the first. */
    readonly mostAtP99: number;
  },
): Promise<void> {
  const { title, mostAtP99, note, entrants } = comparison;
  const measured = await inRounds(comparison, (entrant, place) => measureLatency(entrant, place, load));
  const rows = (share: number): Row[] =>
    [...measured].map(([name, runs]) => ({ name, values: runs.map((run) => quantile(run, share)) }));
  const figure = (ms: number): string => ms.toFixed(2);
  printTable({ title: `${title}, p50`, measure: "milliseconds", rows: rows(0.5), figure });
  printTable({
    title: `${title}, p99`,
    measure: "milliseconds",
    rows: rows(0.99),
    figure,
    goals: entrants.slice(1).map(({ name: of }) => ({ of, most: mostAtP99 })),
    note: `${note} Both ends read the machine's monotonic clock. Quantiles of each round, and then their median.`,
  });
}

/** One that fails is left out from then on, and the others go on: a run of minutes has more to say than that. */
async function inRounds<E extends Entrant, T>(
  { place, afterRound, entrants, rounds = 3 }: Comparison<E>,
  measure: (entrant: E, place: Place) => Promise<T>,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const measured = new Map<string, T[]>(entrants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const entrant of entrants) {
      const runs = measured.get(entrant.name);
      await using here = await place();
      const run = runs && (await measure(entrant, here).catch(complain));
      if (run === undefined) measured.delete(entrant.name);
      else runs?.push(run);
    }
    await afterRound?.();
  }
  return measured;
}

function complain(error: unknown): undefined {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
