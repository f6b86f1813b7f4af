/**
 * A message as it is stored: the body as it is; the content type as a property; offset, id, type and key in another one, as each
 * costs the server time, and headers more; its headers as they are, and now and then `mw-…` ones of ours. Also reads what foreign
 * programs send: binary CloudEvents as Knative writes them. See docs/rabbitmq.md.
 */
import { createHash } from "node:crypto";
import type { Failure, WireMessage } from "@meshwright/core/adapter";
import type { Message, Options } from "amqplib";

/** What a copy of a message carries besides: retries, dead letters. */
export interface Carried {
  readonly attempt: number;
  readonly firstAt?: number;
  readonly failure?: Failure;
}

export interface Stored {
  readonly message: WireMessage;
  /** Says also when it was stored: `storedAt` of offsets.ts. */
  readonly offset: string;
}

export type Headers = Record<string, unknown>;

/** Properties of AMQP take so many bytes. */
const shortText = 255;

/** How `app-id` begins on what is ours. The offset follows, and where they fit id, type and key, each after a tab. */
const ours = "mw:";
const tab = "\t";

/** Headers of ours, and those that the server adds, or that mean something to it: in a stream it keeps properties as such. */
const reserved =
  /^(?:mw-|x-death$|x-(?:first|last)-death-|x-(?:delivery|acquired)-count$|x-stream-|x-opt-|x-basic-|x-amqp-1\.0-|x-(?:cc|exchange|routing-key|message-id|correlation-id)$|timestamp_in_ms$)/;

export function bodyOf({ body }: WireMessage): Buffer {
  if (typeof body === "string") return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Headers and properties of a message at its place. */
export function propertiesOf(message: WireMessage, offset: string): Options.Publish & { headers: Headers } {
  const { contentType } = message;
  const headers: Headers = {};
  for (const name in message.headers) {
    headers[reserved.test(name) ? `mw-=${name}` : name] = message.headers[name];
  }
  const appId = labelOf(message, offset, headers);
  if (isShort(contentType)) return { headers, appId, contentType, persistent: true };
  headers["mw-content-type"] = contentType;
  return { headers, appId, persistent: true };
}

/** What is not in it goes into the headers. */
function labelOf({ id, type, key }: WireMessage, offset: string, headers: Headers): string {
  const label = ours + offset + tab + id + tab + type + tab + key;
  if (isShort(label) && !id.includes(tab) && !type.includes(tab)) return label;
  headers["mw-id"] = id;
  headers["mw-type"] = type;
  headers["mw-key"] = key;
  return ours + offset;
}

/** Without a list of its names, which takes longer. */
export function isEmpty(headers: object): boolean {
  for (const _ in headers) return false;
  return true;
}

function isShort(text: string): boolean {
  return text.length <= shortText / 3 || Buffer.byteLength(text) <= shortText;
}

/** A copy's properties: those of the message, and what is known of its deliveries. */
export function copyProperties(
  { message, offset }: Pick<Stored, "message" | "offset">,
  carried: Carried,
): Options.Publish & { headers: Headers } {
  const properties = propertiesOf(message, offset);
  const { headers } = properties;
  headers["mw-attempt"] = carried.attempt;
  if (carried.firstAt !== undefined) headers["mw-first"] = carried.firstAt;
  if (carried.failure) headers["mw-failure"] = JSON.stringify(carried.failure);
  return properties;
}

/** The message of a delivery; undefined when it is none. */
export function readMessage({ properties, content }: Message): Stored | undefined {
  const headers = (properties.headers ?? {}) as Headers;
  if (!isOurs(properties)) return readForeign(properties, headers, content);
  const label = properties.appId as string;
  const contentType = text(headers["mw-content-type"] ?? properties.contentType);
  const own = readHeaders(headers);
  const idAt = label.indexOf(tab) + 1;
  if (idAt === 0) {
    const [id, type, key] = [text(headers["mw-id"]), text(headers["mw-type"]), text(headers["mw-key"])];
    return {
      message: { id, type, key, contentType, headers: own, body: content },
      offset: label.slice(ours.length),
    };
  }
  const typeAt = label.indexOf(tab, idAt) + 1;
  const keyAt = label.indexOf(tab, typeAt) + 1;
  const [id, type, key] = [label.slice(idAt, typeAt - 1), label.slice(typeAt, keyAt - 1), label.slice(keyAt)];
  return {
    message: { id, type, key, contentType, headers: own, body: content },
    offset: label.slice(ours.length, idAt - 1),
  };
}

function readHeaders(headers: Headers): Record<string, string> {
  const own: Record<string, string> = {};
  for (const name in headers) {
    if (name.startsWith("mw-=")) own[name.slice(4)] = text(headers[name]);
    else if (!reserved.test(name)) own[name] = text(headers[name]);
  }
  return own;
}

/** Whether it was published by us, or is a copy of ours. */
export function isOurs({ appId }: Message["properties"]): boolean {
  return typeof appId === "string" && appId.startsWith(ours);
}

/** What is known of a delivery's attempts. */
export function readCarried(message: Message): Carried {
  // Crashes and cuts: no message is given back by a nack, but in the journal, where this does not count.
  return carriedBy(message, serverCount(message));
}

/** The same of the message as it was stored, and so many attempts more. */
export function carriedBy(message: Message, lost = 0): Carried {
  const headers = (message.properties.headers ?? {}) as Headers;
  const attempt = number(headers["mw-attempt"]) ?? 1;
  const failure = readFailure(headers["mw-failure"]);
  const firstAt = number(headers["mw-first"]);
  if (firstAt === undefined && failure === undefined) return { attempt: attempt + lost };
  return {
    attempt: attempt + lost,
    ...(firstAt === undefined ? {} : { firstAt }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/**
 * How often the server has taken it back and delivered it again. From 4.3 on its count of deliveries leaves out what it does not
 * blame on the message, so that it counts separately how often somebody was given it.
 */
export function serverCount({ properties, fields }: Message): number {
  const headers = properties.headers as Headers | undefined;
  const counted = number(headers?.["x-acquired-count"]) ?? number(headers?.["x-delivery-count"]);
  return counted ?? (fields.redelivered ? 1 : 0);
}

export function readFailure(value: unknown): Failure | undefined {
  return typeof value === "string" ? (JSON.parse(value) as Failure) : undefined;
}

/** A CloudEvent from elsewhere: structured, or binary with `ce-…` headers. */
function readForeign(properties: Message["properties"], given: Headers, content: Buffer): Stored | undefined {
  const headers: Record<string, string> = {};
  for (const name in given) {
    const value = given[name];
    if (reserved.test(name)) continue;
    if (value !== null && typeof value !== "object") headers[name.toLowerCase()] = text(value);
  }
  const contentType = text(properties.contentType);
  const structured = contentType.startsWith("application/cloudevents");
  if (!structured && headers["ce-id"] === undefined && headers["ce-type"] === undefined) return undefined;
  const id = headers["ce-id"] ?? text(properties.messageId);
  const key = headers["ce-partitionkey"] ?? headers["ce-subject"] ?? headers["ce-source"] ?? id;
  const type = headers["ce-type"] ?? text(properties.type);
  const message = { id, type, key, contentType, headers, body: content };
  return { message, offset: foreignOffset(properties, content) };
}

/** A stored entry that is no message, kept as bytes (B8). */
export function salvage({ properties, content }: Message): Stored {
  const message = {
    id: "",
    type: "",
    key: "",
    contentType: "application/octet-stream",
    headers: {},
    body: content,
  };
  return { message, offset: foreignOffset(properties, content) };
}

/** The same for every copy of the same message. */
function foreignOffset(properties: Message["properties"], content: Buffer): string {
  const seconds = number(properties.timestamp) ?? 0;
  const hash = createHash("sha256").update(text(properties.messageId)).update(content).digest("hex");
  return `${seconds * 1_000}-foreign-${hash.slice(0, 24)}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
}

export function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
