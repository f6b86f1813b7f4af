/** A member without room, or that is not asked for more, makes way for others after a while. */
import type { Cancel, Clock } from "@meshwright/core/adapter";

const patienceMs = 100;

export class Stall {
  readonly #clock: Clock;
  readonly #makeWay: () => void;
  #timer: Cancel = () => undefined;
  stalled = false;

  constructor(clock: Clock, makeWay: () => void) {
    this.#clock = clock;
    this.#makeWay = makeWay;
  }

  busy(): void {
    if (!this.stalled) this.again(patienceMs);
  }

  /** Makes way then, unless there is room before. */
  again(inMs: number): void {
    this.#timer();
    this.#timer = this.#clock.after(inMs, () => {
      this.stalled = true;
      this.#makeWay();
    });
  }

  /** Returns whether it had made way. */
  ready(): boolean {
    this.stop();
    const was = this.stalled;
    this.stalled = false;
    return was;
  }

  stop(): void {
    this.#timer();
  }
}
