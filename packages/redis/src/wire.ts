/**
 * A message as it is stored: three fields. `k` is the ordering key. `m` is a JSON array: id, type, then, where they are not
 * the usual ones, the content type, the headers, and "base64" for a body of bytes. `b` is the body. See docs/redis.md.
 */
import type { WireMessage } from "@meshwright/core/adapter";

const usualContentType = "application/cloudevents+json";

/** The fields of a message. */
export type StoredFields = readonly [key: string, meta: string, body: string];

export function encodeMessage(message: WireMessage): StoredFields {
  const { id, type, key, contentType, headers, body } = message;
  if (typeof body === "string" && contentType === usualContentType && isEmpty(headers)) {
    return [key, JSON.stringify([id, type]), body];
  }
  if (typeof body === "string") return [key, JSON.stringify([id, type, contentType, headers]), body];
  const base64 = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64");
  return [key, JSON.stringify([id, type, contentType, headers, "base64"]), base64];
}

/** The message of these fields; undefined when they are none. */
export function decodeMessage([key, meta, body]: StoredFields): WireMessage | undefined {
  const head = parseHead(meta);
  if (!head) return undefined;
  const [id, type, contentType = usualContentType, headers = {}, encoding] = head;
  return { id, type, key, contentType, headers, body: encoding ? bytesOf(body) : body };
}

/** What a stream holds by name; undefined when a field is missing. */
export function fieldsOf(entry: readonly string[]): StoredFields | undefined {
  // As this adapter writes them; another program may order them otherwise.
  if (entry.length === 6 && entry[0] === "k" && entry[2] === "m" && entry[4] === "b") {
    return [entry[1] as string, entry[3] as string, entry[5] as string];
  }
  const find = (name: string): string | undefined => {
    for (let at = 0; at < entry.length; at += 2) if (entry[at] === name) return entry[at + 1];
    return undefined;
  };
  const [key, meta, body] = [find("k"), find("m"), find("b")];
  return key === undefined || meta === undefined || body === undefined ? undefined : [key, meta, body];
}

/** The same of stored bytes, where the body may be anything: what cannot be read is kept as bytes (B8). */
export function salvageMessage(fields: readonly [key: Buffer, meta: Buffer, body: Buffer]): WireMessage {
  const [key, meta, body] = fields;
  const message = decodeMessage([key.toString(), meta.toString(), body.toString()]);
  if (message) return message;
  const bytes = new Uint8Array(body);
  return {
    id: "",
    type: "",
    key: key.toString(),
    contentType: "application/octet-stream",
    headers: {},
    body: bytes,
  };
}

type Head = readonly [
  id: string,
  type: string,
  contentType?: string,
  headers?: Readonly<Record<string, string>>,
  encoding?: "base64",
];

function parseHead(meta: string): Head | undefined {
  let head: unknown;
  try {
    head = JSON.parse(meta);
  } catch {
    return undefined;
  }
  return isHead(head) ? head : undefined;
}

function isHead(head: unknown): head is Head {
  if (!Array.isArray(head)) return false;
  const [id, type, contentType, headers, encoding] = head as unknown[];
  return (
    typeof id === "string" &&
    typeof type === "string" &&
    (contentType === undefined || typeof contentType === "string") &&
    (headers === undefined || isTexts(headers)) &&
    (encoding === undefined || encoding === "base64")
  );
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === "string");
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}

function isEmpty(headers: WireMessage["headers"]): boolean {
  for (const _ in headers) return false;
  return true;
}
