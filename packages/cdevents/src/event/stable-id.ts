import { createHash } from "node:crypto";

/**
 * An id that follows from its parts: the same parts give the same id, on every machine and for ever.
 *
 * The result is a UUIDv8 (RFC 9562, section 5.8) over SHA-256. Use it for the id of a CDEvent made while handling
 * another event, so that handling it again makes the same event again and receivers can drop the repeat.
 *
 * @param parts at least one text; their boundaries count, so ("ab", "c") and ("a", "bc") differ
 * @example
 * const id = stableId(event.source, event.id, "artifact-packaged");
 */
export function stableId(...parts: readonly [string, ...string[]]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part};`);
  const bytes = hash.digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
