import type { ConformanceOptions } from "./options.js";

/** How waits pass the time; empty for the machine's own clock. */
export interface Ticker {
  pause?(): Promise<number>;
  stop(): Promise<void>;
}

const stepMs = 5;
const immediate = setImmediate;

/**
 * Lets a virtual clock run while a case runs, in small steps and as fast as the machine allows: a call to a broker
 * that waits for a timer then ends by itself, and a deadline of seconds takes milliseconds.
 */
export function startTicker(clock: ConformanceOptions["clock"]): Ticker {
  if (clock === undefined) return { stop: () => Promise.resolve() };
  let running = true;
  const turn = (): Promise<void> => new Promise((resolve) => immediate(resolve));
  const run = async (): Promise<void> => {
    while (running) {
      await clock.advance(stepMs);
      await turn();
    }
  };
  const over = run();
  return {
    async pause() {
      const before = clock.now();
      await turn();
      return clock.now() - before;
    },
    async stop() {
      running = false;
      await over;
    },
  };
}
