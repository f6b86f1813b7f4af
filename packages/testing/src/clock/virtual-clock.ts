/**
 * Time that moves only when a test says so. It imports the clock's interface and durations from the core, no more.
 */
import { type Cancel, type Clock, type Duration, durationMs } from "@meshwright/core/adapter";

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /** How many timers wait. */
  readonly pending: number;
  /** When the next timer is due, in milliseconds since the epoch; undefined when none waits. */
  readonly nextAt: number | undefined;
  /**
   * Moves time on by a duration. Timers that fall due fire in the order of their times, each at its own time, and
   * promises and immediates run in between, so that what a timer starts may set timers that fire in the same call.
   */
  advance(by: Duration): Promise<void>;
  /** Moves to the next timer and fires it. Resolves to false, without moving, when none waits. */
  next(): Promise<boolean>;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

// Taken once: a test framework may replace the global by a fake.
const immediate = setImmediate;

/** A few turns of the event loop: what is already resolved, and what follows from it, has run after them. */
const turns = 4;

async function settleLoop(): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => immediate(resolve));
}

/**
 * A virtual clock, to hand to brokers and meshes under test.
 *
 * @param startMs - the time it shows at first, in milliseconds since the epoch; default 2026-01-01T00:00:00Z
 * @example
 * const clock = virtualClock();
 * clock.after(30_000, () => console.log("half a minute"));
 * await clock.advance("30s");
 */
export function virtualClock(startMs: number = Date.UTC(2026, 0, 1)): VirtualClock {
  let time = startMs;
  // In order of due time; timers of one time keep the order in which they were set.
  const timers: Timer[] = [];

  const after = (ms: number, run: () => void): Cancel => {
    const timer: Timer = { at: time + Math.max(0, ms), run };
    let place = timers.length;
    while (place > 0 && (timers[place - 1]?.at ?? 0) > timer.at) place--;
    timers.splice(place, 0, timer);
    return () => {
      const found = timers.indexOf(timer);
      if (found >= 0) timers.splice(found, 1);
    };
  };

  const fireNext = async (): Promise<void> => {
    const timer = timers.shift();
    if (timer === undefined) return;
    time = Math.max(time, timer.at);
    timer.run();
    await settleLoop();
  };

  return {
    now: () => time,
    after,
    get pending() {
      return timers.length;
    },
    get nextAt() {
      return timers[0]?.at;
    },
    async advance(by) {
      const until = time + durationMs(by, "advance");
      await settleLoop();
      while ((timers[0]?.at ?? Number.POSITIVE_INFINITY) <= until) await fireNext();
      time = Math.max(time, until);
      await settleLoop();
    },
    async next() {
      await settleLoop();
      if (timers.length === 0) return false;
      await fireNext();
      return true;
    },
  };
}
