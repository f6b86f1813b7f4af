import { LocalEvent } from "../../codec/local-event.js";
import type { WireMessage } from "../contract.js";

/** A message with its place. Redriven messages are entries of their own: see `redriven`. */
export interface Entry {
  readonly message: WireMessage;
  readonly offset: number;
  /** When it took its place in the log; never lower than that of the entry before. */
  readonly storedAt: number;
  /** Its place among the messages of its group when it came back from the dead letters; else undefined. */
  readonly redriven: { readonly after: number; readonly turn: number } | undefined;
}

/** Negative when `a` comes before `b` in the order of their group. */
export function compareEntries(a: Entry, b: Entry): number {
  const place = (a.redriven?.after ?? a.offset) - (b.redriven?.after ?? b.offset);
  return place !== 0 ? place : (a.redriven?.turn ?? 0) - (b.redriven?.turn ?? 0);
}

const chunkSize = 1024;

/**
 * An append-only log that is cut at the front. Entries lie in chunks, so that neither end ever moves the rest.
 */
export class Log {
  readonly #chunks = new Map<number, (Entry | undefined)[]>();
  #first = 0;
  #end = 0;
  #bytes = 0;
  #lastStoredAt = 0;
  #tail: (Entry | undefined)[] = [];

  /** The offset of the oldest entry kept; equal to `end` when there is none. */
  get first(): number {
    return this.#first;
  }

  /** The offset that the next entry gets. */
  get end(): number {
    return this.#end;
  }

  get size(): number {
    return this.#end - this.#first;
  }

  /** The length of all bodies kept: bytes, or UTF-16 units where the body is text. */
  get bytes(): number {
    return this.#bytes;
  }

  append(message: WireMessage, now: number): void {
    if (this.#end % chunkSize === 0) {
      this.#tail = [];
      this.#chunks.set(this.#end / chunkSize, this.#tail);
    }
    if (now > this.#lastStoredAt) this.#lastStoredAt = now;
    this.#tail.push({ message, offset: this.#end, storedAt: this.#lastStoredAt, redriven: undefined });
    this.#end++;
    this.#bytes += sizeOf(message);
  }

  /** The entry at an offset, or undefined where there is none or none any more. */
  at(offset: number): Entry | undefined {
    return this.#chunks.get(Math.floor(offset / chunkSize))?.[offset % chunkSize];
  }

  /** The offset of the first entry stored at `time` or later; `end` when there is none. */
  offsetAt(time: number): number {
    let low = this.#first;
    let high = this.#end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.at(middle)?.storedAt ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Removes the oldest entry. */
  dropFirst(): void {
    const index = Math.floor(this.#first / chunkSize);
    const chunk = this.#chunks.get(index);
    const place = this.#first % chunkSize;
    const entry = chunk?.[place];
    if (entry) this.#bytes -= sizeOf(entry.message);
    if (chunk) chunk[place] = undefined;
    this.#first++;
    if (place === chunkSize - 1) this.#chunks.delete(index);
  }
}

function sizeOf(message: WireMessage): number {
  return message instanceof LocalEvent ? message.units : message.body.length;
}
