/**
 * How two accounts of the same thing become one. Each of these functions gives the same whatever the order is and however often
 * an account comes, so what is built of them alone does too.
 */

/** A time from the first report to the last, in milliseconds since the epoch. */
export type Spell = readonly [first: number, last: number];

/** What is known of several services: by name, in the order of names. */
export type Times = readonly (readonly [name: string, at: number])[];

/** The earlier of two times, where there are two. */
export function earliest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined) return other;
  return other === undefined ? one : Math.min(one, other);
}

/** All of both, each once, in order. */
export function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])].sort();
}

/** The times with one more, in order. */
export function withTime(times: readonly number[], at: number): readonly number[] {
  return [...new Set([...times, at])].sort((a, b) => a - b);
}

/** The time of a name. */
export function timeOf(times: Times, name: string): number | undefined {
  return times.find(([known]) => known === name)?.[1];
}

/** The times, with this one for a name unless it has an earlier one. */
export function withEarliest(times: Times, name: string, at: number): Times {
  const first = earliest(timeOf(times, name), at) ?? at;
  const others = times.filter(([known]) => known !== name);
  return [...others, [name, first] as const].sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * Reports that are close together, as spells: within a spell no report is further than `gap` from the one before it. Spells that
 * were made with a smaller gap become the same ones that their reports would become.
 *
 * @param gap - milliseconds
 */
export function spellsOf(spells: readonly Spell[], gap: number): readonly Spell[] {
  const merged: Spell[] = [];
  for (const [first, last] of [...spells].sort(([a], [b]) => a - b)) {
    const before = merged.at(-1);
    if (before === undefined || first - before[1] > gap) merged.push([first, last]);
    else merged[merged.length - 1] = [before[0], Math.max(before[1], last)];
  }
  return merged;
}
