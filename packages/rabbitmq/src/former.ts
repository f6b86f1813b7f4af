/** What a leader knows of those who led before it. */
import type { Clock } from "@meshwright/core/adapter";
import { leavingNote, remember } from "./journal.js";
import type { Outgoing } from "./outgoing.js";
import type { ReturnedParts } from "./returned.js";

const deathIsKnownMs = 200;

export class Former {
  /** Offsets and entries that are in the journal, or dealt with: what a dead leader had not acknowledged is known by them. */
  readonly known: Set<string> = new Set();
  /** The last leader has handed nothing over. */
  hasDied = false;
  /** What came back: a hold that is read later is of somebody who has lost it since. */
  readonly #back: Set<string> = new Set();
  /** Those who stopped reading and did not come to the end of leaving, with the tags of their notes. */
  readonly #leaving: Map<string, number> = new Map();
  /** How many in a row left in good order, and may have let go of what was on its way to them: the server has counted that. */
  #passes = 0;
  /** This leader was given something that nobody was given before: so it has had all that others let go of. */
  #reachesOn = false;

  clear(): void {
    this.hasDied = false;
    this.known.clear();
    this.#back.clear();
    this.#leaving.clear();
    this.#passes = 0;
    this.#reachesOn = false;
  }

  isBack(ref: string): void {
    remember(this.#back, ref);
  }

  /** Whether a hold of it means nothing any more. */
  isOver(ref: string): boolean {
    return this.#back.has(ref) || this.known.has(ref);
  }

  /** Of a call that failed and was stored all the same: another has replaced it, or what it replaces. */
  isTwin({ id, replaces }: { readonly id: string; readonly replaces: string }): boolean {
    return this.known.has(id) || (replaces !== "" && this.known.has(replaces));
  }

  leaves(id: string, tag: number): void {
    this.#leaving.set(id, tag);
  }

  /** Returns the tags of its note that it leaves. */
  hasLeft(id: string, passes: number): readonly number[] {
    const tag = this.#leaving.get(id);
    this.#leaving.delete(id);
    this.#passes = passes;
    return tag === undefined ? [] : [tag];
  }

  /** How the last one ended. */
  get ended(): ReturnedParts["after"] {
    if (this.#leaving.size > 0) return "leaving";
    return this.hasDied ? "death" : "nobody";
  }

  /**
   * Of the notes of those who died while they were leaving. These stay in the journal as long as somebody leads who has read
   * them: if he dies as well, what he has comes back as it came to him.
   */
  get leavingTags(): readonly number[] {
    return [...this.#leaving.values()];
  }

  /** The same notes, written anew. */
  leavingNotes(heldQueue: string): readonly Outgoing[] {
    return [...this.#leaving.keys()].map((id) => leavingNote(heldQueue, id));
  }

  /** What this one says when it leaves in good order. */
  get passes(): number {
    return this.#reachesOn ? 1 : this.#passes + 1;
  }

  /** The attempt of a message of the main queue, without the deliveries that were on their way to those who left. */
  attemptOf(attempt: number, redelivered: boolean): number {
    if (redelivered) return Math.max(1, attempt - this.#passes);
    this.#reachesOn = true;
    return attempt;
  }

  /**
   * While a leader reads, nobody else is given anything of the main queue. One that died after it had stopped reading is no
   * longer in the way; the main queue may learn of its death a moment after the journal.
   */
  async allAreBack(clock: Clock): Promise<void> {
    if (this.#leaving.size === 0) return;
    await new Promise<void>((resolve) => clock.after(deathIsKnownMs, resolve));
  }
}
