/** A member without room, or that is not asked for more, makes way for others after a while. */
import type { Cancel, Clock } from "@meshwright/core/adapter";

const patienceMs = 100;

export class Stall {
  readonly #clock: Clock;
  readonly #makeWay: () => void;
  /** Of a busy member that changes all the time it runs on: to start one anew takes longer than all the rest. */
  #timer: Cancel | undefined;
  /** When to make way, in milliseconds since the epoch; undefined while there is room. */
  #due: number | undefined;
  stalled = false;

  constructor(clock: Clock, makeWay: () => void) {
    this.#clock = clock;
    this.#makeWay = makeWay;
  }

  busy(): void {
    if (this.stalled) return;
    this.#due = this.#clock.now() + patienceMs;
    if (this.#timer === undefined) this.#wait(patienceMs);
  }

  /** Makes way then, unless there is room before. */
  again(inMs: number): void {
    this.stop();
    this.#due = this.#clock.now() + inMs;
    this.#wait(inMs);
  }

  /** Returns whether it had made way. */
  ready(): boolean {
    const was = this.stalled;
    this.#due = undefined;
    this.stalled = false;
    return was;
  }

  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#due = undefined;
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.after(ms, () => {
      this.#timer = undefined;
      if (this.#due === undefined) return;
      const left = this.#due - this.#clock.now();
      if (left > 0) {
        // Also where the clock was set back meanwhile.
        this.#wait(Math.min(left, ms));
        return;
      }
      this.stalled = true;
      this.#makeWay();
    });
  }
}
