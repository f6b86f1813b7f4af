/**
 * A message as it is stored: the body as it is; id, type, key, content type and offset as properties, which cost the server
 * less than headers; its headers as they are, and now and then `mw-…` ones of ours. Also reads what foreign programs send: binary CloudEvents as Knative writes them. See docs/rabbitmq.md.
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

/** How `app-id` begins on what is ours; the offset follows. */
const ours = "mw:";

/** Headers of ours, and those that the server adds, or that mean something to it: in a stream it keeps properties as such. */
const reserved =
  /^(?:mw-|x-death$|x-(?:first|last)-death-|x-(?:delivery|acquired)-count$|x-stream-|x-opt-|x-basic-|x-amqp-1\.0-|x-(?:cc|exchange|routing-key|message-id|correlation-id)$|timestamp_in_ms$)/;
/** A stream of 3.13 and newer keeps it as a UUID, and returns it in lower case. */
const changedUuid = /^urn:uuid:(?=.{36}$).*[A-F]/;

export function bodyOf({ body }: WireMessage): Buffer {
  if (typeof body === "string") return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Headers and properties of a message at its place. */
export function propertiesOf(message: WireMessage, offset: string): Options.Publish & { headers: Headers } {
  const { id, type, key, contentType } = message;
  const headers: Headers = {};
  for (const name in message.headers) {
    headers[reserved.test(name) ? `mw-=${name}` : name] = message.headers[name];
  }
  return {
    headers,
    appId: ours + offset,
    correlationId: fitting(key, headers, "mw-key"),
    messageId: fitting(id, headers, "mw-id"),
    type: fitting(type, headers, "mw-type"),
    contentType: fitting(contentType, headers, "mw-content-type"),
    persistent: true,
  };
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

function fitting(text: string, headers: Headers, name: string): string {
  const fits = text.length <= shortText / 3 || Buffer.byteLength(text) <= shortText;
  if (fits && !(text.startsWith("urn:uuid:") && changedUuid.test(text))) return text;
  headers[name] = text;
  return "";
}

/** The message of a delivery; undefined when it is none. */
export function readMessage({ properties, content }: Message): Stored | undefined {
  const headers = (properties.headers ?? {}) as Headers;
  if (!isOurs(properties)) return readForeign(properties, headers, content);
  const offset = (properties.appId as string).slice(ours.length);
  const own: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (name.startsWith("mw-=")) own[name.slice(4)] = text(value);
    else if (!reserved.test(name)) own[name] = text(value);
  }
  const message: WireMessage = {
    id: text(headers["mw-id"] ?? properties.messageId),
    type: text(headers["mw-type"] ?? properties.type),
    key: text(headers["mw-key"] ?? properties.correlationId),
    contentType: text(headers["mw-content-type"] ?? properties.contentType),
    headers: own,
    body: content,
  };
  return { message, offset };
}

/** Whether it was published by us, or is a copy of ours. */
export function isOurs({ appId }: Message["properties"]): boolean {
  return typeof appId === "string" && appId.startsWith(ours);
}

/** What is known of a delivery's attempts. */
export function readCarried(message: Message): Carried {
  const headers = (message.properties.headers ?? {}) as Headers;
  const attempt = number(headers["mw-attempt"]) ?? 1;
  // Crashes and cuts: no message is given back by a nack, but in the journal, where this does not count.
  const lost = serverCount(message);
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
