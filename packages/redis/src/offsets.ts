/** Places in a channel: ids of Redis Streams, milliseconds and a number. */
import { refusals, type StartPosition } from "@meshwright/core/adapter";

const largest = "18446744073709551615";
const shape = /^(\d{1,15})-(\d{1,20})$/;

/** When the message at an offset was stored, in milliseconds since the epoch. */
export function storedAt(offset: string): number {
  return Number(offset.slice(0, offset.indexOf("-")));
}

/** Checks an offset that somebody gave. Throws `BROKER_OFFSET_INVALID`. */
export function checkedOffset(offset: string): string {
  if (!shape.test(offset)) throw refusals.offsetInvalid(offset);
  return offset;
}

/** The start of a group as its script takes it: a word, or the id before the first one wanted. */
export function startId(from: StartPosition): string {
  if (typeof from === "string") return from;
  return before("offset" in from ? checkedOffset(from.offset) : timeId(from.time));
}

/** The first id of a time. */
export function timeId(time: number): string {
  return `${Math.max(0, Math.ceil(time))}-0`;
}

function before(id: string): string {
  const [ms = "0", sequence = "0"] = id.split("-");
  if (sequence !== "0") return `${ms}-${BigInt(sequence) - 1n}`;
  return ms === "0" ? "0-0" : `${Number(ms) - 1}-${largest}`;
}

/** Compares two ids as Redis does. */
export function compareIds(a: string, b: string): number {
  const byTime = storedAt(a) - storedAt(b);
  if (byTime !== 0) return byTime;
  return Number(a.slice(a.indexOf("-") + 1)) - Number(b.slice(b.indexOf("-") + 1));
}

/** The id as text that sorts like it: what the record of a message is called. */
export function sortable(id: string): string {
  const at = id.indexOf("-");
  return `${id.slice(0, at).padStart(15, "0")}-${id.slice(at + 1).padStart(20, "0")}`;
}
