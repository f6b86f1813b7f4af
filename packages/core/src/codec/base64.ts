import { invalid } from "../event/codes.js";

/** Bytes as padded standard Base64 (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * The bytes of a `data_base64` member, in memory of their own.
 *
 * @throws InvalidEventError `EVENT_BASE64_INVALID` for anything but what `toBase64` would write: other alphabets, line
 * breaks, missing padding and stray bits are refused
 */
export function fromBase64(value: unknown): Uint8Array {
  if (typeof value !== "string") throw invalid("EVENT_BASE64_INVALID", "/data_base64", "must be a string");
  // Node skips what it does not know, so the only full check is to write it again.
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64") === value) return new Uint8Array(bytes);
  throw invalid("EVENT_BASE64_INVALID", "/data_base64", "is not padded standard Base64");
}
