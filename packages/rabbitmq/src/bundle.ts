/**
 * What the log holds of a publish: one message for many events, since each message costs a stream as much as it costs a queue.
 * For each event: the length of its head, the head, the length of its body, the body. An event alone is stored as it is.
 *
 * A head is offset, id, type, content type and key, with a tab between each and the next. Where that is not clear, or there are
 * headers, it is JSON, which takes longer.
 */
import type { WireMessage } from "@meshwright/core/adapter";
import type { Message } from "amqplib";
import type { Outgoing } from "./outgoing.js";
import { bodyOf, isEmpty, isOurs, propertiesOf, readMessage, type Stored } from "./wire.js";

/** A message at its place. */
export interface Placed {
  readonly message: WireMessage;
  readonly offset: string;
  /** How many bytes its body has. */
  readonly size: number;
}

/** What goes into the log for one part, and the bodies of its events, which share its bytes. */
export interface LogEntry {
  readonly entry: Outgoing;
  readonly bodies: readonly Buffer[];
}

type Head = Omit<WireMessage, "body"> & { readonly offset: string };

const tab = "\t";
const mostEvents = 256;
const mostBytes = 512 * 1024;
const bundled = "mw-bundle:";

/** Cuts a publish into parts, each of which is one message of the log. */
export function partsOf(events: readonly Placed[]): Placed[][] {
  const parts: Placed[][] = [];
  let part: Placed[] = [];
  let bytes = 0;
  for (const event of events) {
    if (part.length === mostEvents || (part.length > 0 && bytes + event.size > mostBytes)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(event);
    bytes += event.size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

export function logEntry(log: string, part: readonly Placed[]): LogEntry {
  const [{ message, offset }] = part as [Placed];
  if (part.length === 1) {
    const body = bodyOf(message);
    const properties = { ...propertiesOf(message, offset), mandatory: true };
    return { entry: { exchange: "", key: log, body, properties }, bodies: [body] };
  }
  const properties = { appId: bundled + offset, persistent: true, mandatory: true };
  const { bytes, bodies } = bundle(part);
  return { entry: { exchange: "", key: log, body: bytes, properties }, bodies };
}

function bundle(part: readonly Placed[]): { readonly bytes: Buffer; readonly bodies: readonly Buffer[] } {
  const heads = part.map(headOf);
  let total = 8 * part.length;
  for (const head of heads) total += Buffer.byteLength(head);
  for (const { size } of part) total += size;
  const bytes = Buffer.allocUnsafe(total);
  let at = 0;
  const bodies = part.map(({ message: { body }, size }, index) => {
    const length = bytes.write(heads[index] as string, at + 4);
    at = bytes.writeUInt32BE(length, at) + length;
    const from = bytes.writeUInt32BE(size, at);
    if (typeof body === "string") bytes.write(body, from);
    else bytes.set(body, from);
    at = from + size;
    return bytes.subarray(from, at);
  });
  return { bytes, bodies };
}

function headOf({ message: { id, type, key, contentType, headers }, offset }: Placed): string {
  const isPlain = isEmpty(headers) && !id.includes(tab) && !type.includes(tab) && !contentType.includes(tab);
  if (isPlain) return offset + tab + id + tab + type + tab + contentType + tab + key;
  return JSON.stringify({ offset, id, type, key, contentType, headers } satisfies Head);
}

function readHead(text: string): Head {
  if (text.startsWith("{")) return JSON.parse(text) as Head;
  const [offset = "", id = "", type = "", contentType = "", ...key] = text.split(tab);
  return { offset, id, type, contentType, key: key.join(tab), headers: {} };
}

/** Whether a message of the log was put there by us. */
export function isOwnEntry({ properties }: Message): boolean {
  return isOurs(properties) || isBundle(properties);
}

function isBundle({ appId }: Message["properties"]): boolean {
  return typeof appId === "string" && appId.startsWith(bundled);
}

/** The events of a message of the log; none when it is none. */
export function readEntry(entry: Message): readonly Stored[] {
  if (isBundle(entry.properties)) return readBundle(entry.content);
  const stored = readMessage(entry);
  return stored ? [stored] : [];
}

function readBundle(bytes: Buffer): Stored[] {
  const events: Stored[] = [];
  for (let at = 0; at < bytes.length; ) {
    const headEnd = at + 4 + bytes.readUInt32BE(at);
    const { offset, ...names } = readHead(bytes.toString("utf8", at + 4, headEnd));
    at = headEnd + 4 + bytes.readUInt32BE(headEnd);
    events.push({ message: { ...names, body: bytes.subarray(headEnd + 4, at) }, offset });
  }
  return events;
}
