/**
 * A message as it is stored: a head and a body. The head is a JSON array: id, type, key, then, where they are not the usual
 * ones, content type, headers, and "base64" for a body of bytes. See docs/redis.md.
 */
import type { WireMessage } from "@meshwright/core/adapter";

const usualContentType = "application/cloudevents+json";

/** What JSON has to escape, and halves of characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

export function encodeMessage(message: WireMessage): readonly [head: string, body: string] {
  const { id, type, key, contentType, headers, body } = message;
  if (typeof body === "string") {
    if (contentType !== usualContentType || !isEmpty(headers)) {
      return [json([id, type, key, contentType, headers]), body];
    }
    // Nearly always so; and three times as fast as JSON.stringify.
    const plain = !special.test(id) && !special.test(type) && !special.test(key);
    return [plain ? `["${id}","${type}","${key}"]` : json([id, type, key]), body];
  }
  const base64 = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64");
  return [json([id, type, key, contentType, headers, "base64"]), base64];
}

/** The message of an entry's fields; undefined when it is none. */
export function decodeMessage(fields: readonly string[]): WireMessage | undefined {
  const head = fields.length === 2 ? parseHead(fields[0] as string) : undefined;
  if (!head) return undefined;
  const [id, type, key, contentType = usualContentType, headers = {}, encoding] = head;
  const body = fields[1] as string;
  return { id, type, key, contentType, headers, body: encoding ? bytesOf(body) : body };
}

/** The same of stored bytes, where the body may be anything: what is no message is kept as bytes (B8). */
export function salvageMessage(head: Buffer, body: Buffer): WireMessage {
  const message = decodeMessage([head.toString(), body.toString()]);
  if (message) return message;
  const bytes = new Uint8Array(body);
  return { id: "", type: "", key: "", contentType: "application/octet-stream", headers: {}, body: bytes };
}

/** JSON with no lone surrogate in it, which Redis's own decoder of JSON does not take. */
function json(head: readonly unknown[]): string {
  const text = JSON.stringify(head);
  if (!text.includes("\\ud")) return text;
  const wellFormed = (_: string, value: unknown): unknown =>
    typeof value === "string" ? Buffer.from(value).toString() : value;
  return JSON.stringify(head, wellFormed);
}

type Head = readonly [
  id: string,
  type: string,
  key: string,
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
  const [id, type, key, contentType, headers, encoding] = head as unknown[];
  return (
    typeof id === "string" &&
    typeof type === "string" &&
    typeof key === "string" &&
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
