import { hash, randomFillSync } from "node:crypto";

const hex: readonly string[] = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

// Random bytes come from a pool: a call of the generator costs more than the whole id.
const bytesPerDraw = 6;
const pool = new Uint8Array(bytesPerDraw * 1_024);
let drawn = pool.length;

let lastMs = -1;
let timePart = "";
let counter = 0;

/**
 * A new UUIDv7 (RFC 9562, section 5.7): 48 bits of time, a counter of 26 bits that begins at a random place in every
 * millisecond, 48 random bits. Of ids made in one process with the same or a later `now`, the later sorts after.
 *
 * @param now - milliseconds since the epoch
 * @example newId(clock.now()) // "0192f1b4-7c3a-7d41-9a0e-5b1f0c2d3e4f"
 */
export function newId(now: number): string {
  if (now === lastMs) counter += 1;
  else beginMillisecond(now);
  const at = draw();
  const high = byte(0x70 | (counter >>> 22)) + byte(counter >>> 14);
  const low = byte(0x80 | ((counter >>> 8) & 0x3f)) + byte(counter);
  return `${timePart}-${high}-${low}-${random(at)}${random(at + 1)}${random(at + 2)}${random(at + 3)}${random(at + 4)}${random(at + 5)}`;
}

/** What a derived id is made of. */
export interface DerivedIdParts {
  /** The group whose handler publishes. */
  readonly group: string;
  /** `source` and `id` of the event being handled. */
  readonly source: string;
  readonly id: string;
  /** The how-manieth event the handler publishes. */
  readonly ordinal: number;
}

/**
 * The id of an event published while handling another: the same for every attempt, so that a repeated handler repeats
 * its ids and whoever listens can drop the repeat. A UUIDv8 (RFC 9562, appendix B.2): SHA-256 over the four parts as a
 * JSON array, of which 122 bits remain beside version and variant.
 *
 * @example deriveId({ group: "scan", source: "/registry", id: "7", ordinal: 0 })
 */
export function deriveId({ group, source, id, ordinal }: DerivedIdParts): string {
  const digest = hash("sha256", JSON.stringify([group, source, id, ordinal]), "hex");
  const variant = byte(0x80 | (Number.parseInt(digest.slice(16, 18), 16) & 0x3f));
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(18, 20)}-${digest.slice(20, 32)}`;
}

function beginMillisecond(now: number): void {
  lastMs = now;
  const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, "0");
  timePart = `${time.slice(0, 8)}-${time.slice(8)}`;
  // The top bit stays free, so that counting on never overflows within a millisecond.
  const at = draw();
  counter =
    ((pool[at] ?? 0) & 1) * 2 ** 24 +
    (pool[at + 1] ?? 0) * 2 ** 16 +
    (pool[at + 2] ?? 0) * 2 ** 8 +
    (pool[at + 3] ?? 0);
}

/** The place of the next unused bytes in the pool. */
function draw(): number {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += bytesPerDraw;
  return drawn - bytesPerDraw;
}

function random(at: number): string {
  return byte(pool[at] ?? 0);
}

function byte(value: number): string {
  return hex[value & 0xff] ?? "";
}
