// Taken once, so that a test that replaces the global timers does not stop the broker.
const nextLoop = setImmediate;
const turnsPerLoop = 256;

/**
 * Runs things soon, never in the caller's stack. Mostly that is a microtask; now and then a turn of the event loop, so
 * that a publisher and a consumer who keep each other busy do not shut out timers and sockets.
 */
export class Turns {
  #count = 0;

  soon(run: () => void): void {
    this.#count = (this.#count + 1) % turnsPerLoop;
    if (this.#count === 0) nextLoop(run);
    else queueMicrotask(run);
  }
}
