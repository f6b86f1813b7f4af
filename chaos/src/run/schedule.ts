/** When things happen: seeded, so that the same seed makes the same plan. */
import { setTimeout as sleep } from "node:timers/promises";
import { nowMs } from "../time.js";

/** Draws each once before any comes again. */
export function shuffledBag<T>(kinds: readonly T[], random: () => number): () => T {
  let left: T[] = [];
  return () => {
    if (left.length === 0) left = [...kinds];
    return left.splice(Math.floor(random() * left.length), 1)[0] as T;
  };
}

/** Begins `act` so many times at random instants; resolves when the time is over and all of them have ended. */
export async function atRandomTimes(
  count: number,
  durationMs: number,
  random: () => number,
  act: () => Promise<void>,
): Promise<void> {
  const times = Array.from({ length: count }, () => random() * durationMs).sort((one, other) => one - other);
  const begin = nowMs();
  const acts: Promise<void>[] = [];
  for (const time of times) {
    await sleep(Math.max(0, begin + time - nowMs()));
    const begun = act();
    // Looked at when all have begun.
    begun.catch(() => undefined);
    acts.push(begun);
  }
  await sleep(Math.max(0, begin + durationMs - nowMs()));
  await Promise.all(acts);
}
