/**
 * How long to lead before giving way again: members that make way for each other all the time should spend little of it on
 * handing over, which takes as long as there is much in the journal.
 */
import type { Clock } from "@meshwright/core/adapter";

const factor = 10;

export class Rest {
  readonly #clock: Clock;
  #tookMs = 0;
  /** In milliseconds since the epoch. */
  until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It leads. */
  begin(): void {
    this.until = this.#clock.now() + factor * this.#tookMs;
  }

  /** Handing over begins; call what is returned at the end. */
  handover(): () => void {
    const begin = this.#clock.now();
    return () => {
      this.#tookMs = this.#clock.now() - begin;
    };
  }
}
