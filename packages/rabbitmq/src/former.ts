/** What a leader knows of those who led before it. */
import type { Clock } from "@meshwright/core/adapter";
import { remember } from "./journal.js";

const deathIsKnownMs = 200;

export class Former {
  /** Offsets and entries that are in the journal, or dealt with: what a dead leader had not acknowledged is known by them. */
  readonly known: Set<string> = new Set();
  /** What came back: a hold that is read later is of somebody who has lost it since. */
  readonly #back: Set<string> = new Set();
  /** Those who stopped reading and did not come to the end of leaving. */
  readonly #leaving: Set<string> = new Set();
  /** The one before went in good order. */
  orderly = false;

  clear(): void {
    this.known.clear();
    this.#back.clear();
    this.#leaving.clear();
    this.orderly = false;
  }

  isBack(ref: string): void {
    remember(this.#back, ref);
  }

  /** Whether a hold of it means nothing any more. */
  isOver(ref: string): boolean {
    return this.#back.has(ref) || this.known.has(ref);
  }

  /** Of a call that failed and was stored all the same: another entry has replaced it already. */
  isTwin(replaces: string): boolean {
    return replaces !== "" && this.known.has(replaces);
  }

  leaves(id: string): void {
    this.#leaving.add(id);
  }

  hasLeft(id: string): void {
    this.#leaving.delete(id);
    this.orderly = true;
  }

  /**
   * While a leader reads, nobody else is given anything of the main queue. One that died after it had stopped reading is no
   * longer in the way; the main queue may learn of its death a moment after the journal.
   */
  async allAreBack(clock: Clock): Promise<void> {
    if (this.#leaving.size === 0) return;
    this.#leaving.clear();
    await new Promise<void>((resolve) => clock.after(deathIsKnownMs, resolve));
  }
}
