import type { Attempt } from "./attempt.js";

/**
 * The attempts that run now, each knowing its place in an array. A `Set` would do the same, but a set that lives long and
 * changes with every event keeps what was deleted from the garbage collector for a while: a third of the time went there.
 */
export class ActiveAttempts {
  readonly #attempts: Attempt[] = [];

  get size(): number {
    return this.#attempts.length;
  }

  add(attempt: Attempt): void {
    attempt.place = this.#attempts.push(attempt) - 1;
  }

  /** Whether it was there. The last one takes its place. */
  delete(attempt: Attempt): boolean {
    const { place } = attempt;
    if (this.#attempts[place] !== attempt) return false;
    const last = this.#attempts.pop();
    if (last !== undefined && last !== attempt) {
      this.#attempts[place] = last;
      last.place = place;
    }
    return true;
  }

  /** Takes all of them out. */
  takeAll(): Attempt[] {
    return this.#attempts.splice(0);
  }
}
