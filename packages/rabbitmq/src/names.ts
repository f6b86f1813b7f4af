/**
 * Names of exchanges and queues. A part holds letters, digits, `_`, `-`, and `%` for all other bytes; parts are joined by
 * a dot, what a thing is for follows a colon. So different names stay different (B14), and any fits into 255 bytes.
 */
import { createHash } from "node:crypto";

const longest = 60;

/** One part of a name. Long ones are cut, with a hash of the whole behind a `~`. */
export function part(name: string): string {
  const text = Buffer.from(name).toString("latin1");
  const escaped = text.replace(/[^A-Za-z0-9_-]/g, (sign) => `%${hex(sign.charCodeAt(0))}`);
  if (escaped.length <= longest) return escaped;
  return `${escaped.slice(0, longest - 33)}~${createHash("sha256").update(name).digest("hex").slice(0, 32)}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

export function channelName(namespace: string, channel: string): string {
  return `mw.${part(namespace)}.${part(channel)}`;
}

export function groupName(namespace: string, channel: string, group: string): string {
  return `${channelName(namespace, channel)}.${part(group)}`;
}

/** The stream that holds which groups exist in a namespace. */
export function registryName(namespace: string): string {
  return `mw.${part(namespace)}:groups`;
}

/** The exchange whose kind says in which format things are stored. */
export const formatName = "mw:format";

/**
 * The partition of a key: FNV-1a (32 bit) over its UTF-8 bytes, mixed once more so that the low bits depend on all of
 * them, modulo the number of partitions.
 */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (code > 0x7f) return mixed(hashBytes(Buffer.from(key))) % partitions;
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return mixed(hash) % partitions;
}

function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** The last step of MurmurHash3. */
function mixed(hash: number): number {
  let mix = hash ^ (hash >>> 16);
  mix = Math.imul(mix, 0x85ebca6b);
  mix ^= mix >>> 13;
  mix = Math.imul(mix, 0xc2b2ae35);
  return (mix ^ (mix >>> 16)) >>> 0;
}

/** A routing key has 255 bytes at most, so a long type is cut; readers filter what they get. */
const routedLength = 60;

export function routingKey(partition: number, type: string): string {
  return `${partition}.${type.length > routedLength ? type.slice(0, routedLength) : type}`;
}

/** What to bind for a pattern of types: at least what it stands for. */
export function bindingKey(partition: number | "*", pattern: string): string {
  const star = pattern.search(/[*#]/);
  if (star < 0 && pattern.length <= routedLength) return `${partition}.${pattern}`;
  const fixed = pattern.slice(0, star < 0 ? routedLength : Math.min(routedLength, star));
  const words = fixed.split(".").slice(0, -1);
  return [partition, ...words, "#"].join(".");
}
