/** Places in a channel: milliseconds, who published, and a number. Chosen by the publisher, so that all copies agree. */
import { randomBytes } from "node:crypto";
import { refusals } from "@meshwright/core/adapter";

const shape = /^(\d{1,15})-([\w~-]{1,64})$/;

/** Makes the offsets of one publisher, each later than the one before. */
export function offsetMaker(now: () => number): () => string {
  const publisher = randomBytes(5).toString("hex");
  let ms = 0;
  let count = 0;
  return () => {
    const current = Math.floor(now());
    if (current > ms) {
      ms = current;
      count = 0;
    } else count += 1;
    return `${ms}-${publisher}-${count}`;
  };
}

/** When the message at an offset was stored, in milliseconds since the epoch. */
export function storedAt(offset: string): number {
  return Number(offset.slice(0, offset.indexOf("-")));
}

/** Checks an offset that somebody gave. Throws `BROKER_OFFSET_INVALID`. */
export function checkedOffset(offset: string): string {
  if (!shape.test(offset)) throw refusals.offsetInvalid(offset);
  return offset;
}

/** The parts of an offset: later ones of the same publisher are greater by time, then by count. */
export function placeOf(offset: string): {
  readonly ms: number;
  readonly publisher: string;
  readonly count: number;
} {
  const [ms = "", publisher = "", count = ""] = offset.split("-");
  return { ms: Number(ms), publisher, count: Number(count) };
}

/** Whether it is of the same publisher as the other, and later. */
export function isLater(offset: string, than: string): boolean {
  const [one, other] = [placeOf(offset), placeOf(than)];
  return one.publisher === other.publisher && (one.ms - other.ms || one.count - other.count) > 0;
}
