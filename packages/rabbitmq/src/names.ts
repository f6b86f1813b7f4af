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

/**
 * The queue of a group's dead letters, of all its channels: AMQP cannot list queues, and who asks for them knows the group alone.
 */
export function deadName(namespace: string, group: string): string {
  return `mw.${part(namespace)}:dead.${part(group)}`;
}

/** The lock of those who look there. */
export function shelfLock(namespace: string, group: string): string {
  return `mw.${part(namespace)}:shelf.${part(group)}`;
}

/** The exchange whose kind says in which format things are stored. */
export const formatName = "mw:format";

/** A routing key has 255 bytes at most, so a long type is cut; readers filter what they get. */
const routedLength = 60;

export function routingKey(partition: number, type: string): string {
  return `${partition}.${type.length > routedLength ? type.slice(0, routedLength) : type}`;
}

/** Whether a binding can say exactly this: a type, and not a pattern of types. */
export function isWhole(type: string): boolean {
  return !type.includes("*") && !type.includes("#") && type.length <= routedLength;
}

/** What to bind for a type or a pattern of types: at least what it stands for. */
export function bindingKey(partition: number, pattern: string): string {
  if (isWhole(pattern)) return `${partition}.${pattern}`;
  const sign = pattern.search(/[*#]/);
  const fixed = pattern.slice(0, Math.min(routedLength, sign < 0 ? pattern.length : sign));
  const words = fixed.split(".").slice(0, -1);
  return [partition, ...words, "#"].join(".");
}
