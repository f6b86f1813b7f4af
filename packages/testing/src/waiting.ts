import { MeshError } from "@meshwright/core/adapter";

/** How a wait passes the time between two looks. */
export interface WaitOptions {
  /** Milliseconds until it gives up; default 15000. */
  readonly deadlineMs?: number;
  /**
   * Lets time pass between two looks, and returns how many milliseconds went by. Default: the next turn of the event
   * loop for the first few milliseconds, then 5 ms of the machine's clock.
   *
   * @param passed - how many milliseconds the wait has taken so far
   */
  pause?(passed: number): Promise<number>;
}

const eagerMs = 5;
const pauseMs = 5;
// Taken once: a test framework may replace the globals by fakes.
const immediate = setImmediate;
const timeout = setTimeout;

async function realPause(passed: number): Promise<number> {
  const start = performance.now();
  await new Promise<void>((resolve) => {
    if (passed < eagerMs) immediate(resolve);
    else timeout(resolve, pauseMs);
  });
  return performance.now() - start;
}

/**
 * Waits until a condition holds: the way to wait in tests, in place of sleeping for a guessed time.
 *
 * @param what - what is waited for, for the error
 * @param condition - looked at again and again; anything but false, null and undefined ends the wait. What it throws
 *   ends it too
 * @returns what the condition returned at last
 * @throws MeshError `DEADLINE` naming `what`, when the deadline passes first
 * @example await eventually("three deliveries", () => received.length === 3);
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = options.deadlineMs ?? 15_000;
  const pause = options.pause ?? realPause;
  for (let passed = 0; ; passed += await pause(passed)) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined)
      return value as Exclude<T, false | null | undefined>;
    if (passed >= deadline)
      throw new MeshError("DEADLINE", `Within ${deadline} ms this did not happen: ${what}`);
  }
}
