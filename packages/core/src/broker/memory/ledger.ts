import type { Entry, Log } from "./log.js";
import { SettledOffsets } from "./settled.js";

/** A group's books: how far it has looked into the log, what is settled, what is open. */
export class Ledger {
  readonly #log: Log;
  readonly #settled: SettledOffsets;
  #filter: ((type: string) => boolean) | undefined;
  #cursor: number;
  #open = 0;
  /** Open entries that `settled` does not cover: redriven, or removed from the log while handed out. */
  readonly #detached = new Set<Entry>();
  #redriven = 0;

  constructor(log: Log, start: number) {
    this.#log = log;
    this.#settled = new SettledOffsets(start);
    this.#cursor = start;
  }

  /** Everything in the log below it is settled. */
  get floor(): number {
    return this.#settled.floor;
  }

  /** Looked at, wanted and not settled. */
  get open(): number {
    return this.#open;
  }

  /** Not looked at yet. */
  get ahead(): number {
    return this.#log.end - this.#cursor;
  }

  /** When the oldest open message was stored. */
  get oldestAt(): number | undefined {
    let oldest = this.#log.at(this.#settled.floor)?.storedAt;
    for (const { storedAt } of this.#detached) oldest = Math.min(oldest ?? storedAt, storedAt);
    return oldest;
  }

  /** Which types the group wants of what it has not looked at yet; undefined for all. */
  filter(wanted: ((type: string) => boolean) | undefined): void {
    this.#filter = wanted;
  }

  /** The next entry that the group wants, now open; undefined at the end of the log. */
  next(): Entry | undefined {
    for (;;) {
      const entry = this.#log.at(this.#cursor);
      if (entry === undefined) return undefined;
      this.#cursor++;
      if (this.#wants(entry)) {
        this.#open++;
        return entry;
      }
      this.#settled.add(entry.offset);
    }
  }

  settle(entry: Entry): void {
    this.#open--;
    if (this.#detached.size === 0 || !this.#detached.delete(entry)) this.#settled.add(entry.offset);
  }

  /** A dead letter as an entry of its own, behind all that was looked at so far. */
  reopen(entry: Entry): Entry {
    const redriven = { after: this.#cursor - 1, turn: ++this.#redriven };
    const again = { message: entry.message, offset: entry.offset, storedAt: entry.storedAt, redriven };
    this.#detached.add(again);
    this.#open++;
    return again;
  }

  /**
   * Everything in the log below `first` is about to be removed. What is `out` (held, or come back) is known elsewhere
   * and stays open. Returns how many messages the group loses.
   */
  cut(first: number, out: Iterable<Entry>): number {
    for (const entry of out) {
      if (entry.redriven === undefined && entry.offset >= this.floor && entry.offset < first) {
        this.#detached.add(entry);
      }
    }
    let missed = 0;
    for (let offset = this.floor; offset < first; offset++) {
      const entry = this.#log.at(offset);
      if (entry === undefined || this.#settled.has(offset) || this.#detached.has(entry)) continue;
      if (offset < this.#cursor) this.#open--;
      else if (!this.#wants(entry)) continue;
      missed++;
    }
    this.#settled.raise(first);
    this.#cursor = Math.max(this.#cursor, first);
    return missed;
  }

  #wants(entry: Entry): boolean {
    return this.#filter === undefined || this.#filter(entry.message.type);
  }
}
