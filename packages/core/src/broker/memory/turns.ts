// Taken once, so that a test that replaces the global timers does not stop the broker.
const nextLoop = setImmediate;
const turnsPerLoop = 256;

let turns = 0;

/**
 * Runs something soon, never in the caller's stack. Mostly that is a microtask; now and then a turn of the event
 * loop, so that a publisher and a consumer who keep each other busy do not shut out timers and sockets.
 */
export function soon(run: () => void): void {
  turns = (turns + 1) % turnsPerLoop;
  if (turns === 0) nextLoop(run);
  else queueMicrotask(run);
}
