/** How long something takes, over several times that it happened. Milliseconds. */
export interface Spread {
  readonly median: number;
  readonly p90: number;
  /** How many times there were. */
  readonly samples: number;
}

/** The spread of some durations; undefined where there are none. Those below zero don't count. */
export function spreadOf(durations: readonly number[]): Spread | undefined {
  const sorted = durations.filter((ms) => ms >= 0).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  return { median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9), samples: sorted.length };
}

/** Between two samples it is as far from the lower one as its share says; whole milliseconds. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(at)] ?? 0;
  const upper = sorted[Math.ceil(at)] ?? lower;
  return Math.round(lower + (upper - lower) * (at - Math.floor(at)));
}
