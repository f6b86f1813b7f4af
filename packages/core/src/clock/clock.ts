/** Time as the library sees it. Tests inject a virtual one from `@meshwright/testing`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once after `ms` milliseconds, unless the returned function is called first. */
  after(ms: number, run: () => void): Cancel;
}

/** Cancels a timer. Calling it again, or late, does nothing. */
export type Cancel = () => void;

const longest = 2 ** 31 - 1;

/** The machine's own clock. Timers longer than setTimeout can hold are split. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      timer = left > longest ? setTimeout(() => arm(left - longest), longest) : setTimeout(run, left);
    };
    arm(Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};
