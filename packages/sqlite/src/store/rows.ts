/** Messages as columns, and back. */
import { type OutboxRow, partitionOf, type WaitingRow } from "@meshwright/core/adapter";
import type { SqlValue } from "../driver.js";
import { fromText, toText } from "../text.js";

/** Into how many parts the outbox is divided by key. A relay holds whole lanes. Written into the rows: fixed. */
export const lanes = 16;

/** In the order of a row's values. */
export const columns = "lane, channel, key, id, type, content_type, headers, body, deliver_at";

/** What these columns hold. */
export interface StoredRow {
  readonly seq: number;
  readonly lane: number;
  readonly channel: string;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly content_type: string;
  readonly headers: string | null;
  readonly body: string | Uint8Array;
  readonly deliver_at: number | null;
}

/** A row's values, in the order of `columns`. */
export function valuesOf({ channel, message }: OutboxRow): SqlValue[] {
  const { key, id, type, contentType, headers, body, deliverAt = null } = message;
  return [
    partitionOf(key, lanes),
    stored(channel),
    stored(key),
    stored(id),
    stored(type),
    stored(contentType),
    Object.keys(headers).length === 0 ? null : JSON.stringify(headers),
    typeof body === "string" ? stored(body) : body,
    deliverAt,
  ];
}

export function waitingRow(row: StoredRow): WaitingRow {
  return {
    place: String(row.seq),
    channel: read(row.channel),
    message: {
      id: read(row.id),
      type: read(row.type),
      key: read(row.key),
      contentType: read(row.content_type),
      headers: row.headers === null ? {} : JSON.parse(row.headers),
      body: typeof row.body === "string" ? read(row.body) : row.body,
      ...(row.deliver_at === null ? {} : { deliverAt: row.deliver_at }),
    },
  };
}

/** Surrogates without their other half: UTF-8 has none, so they are written as U+0001 "2" and four digits. */
const loneSurrogate = /\p{Cs}/gu;

/** Any text as one that SQLite keeps; different ones stay different. */
export function stored(text: string): string {
  return toText(text).replace(
    loneSurrogate,
    (half) => `\u00012${half.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What `stored` was given. */
export function read(text: string): string {
  if (!text.includes("\u0001")) return text;
  const [first = "", ...halves] = text.split("\u00012");
  const rest = halves.map(
    (part) => String.fromCharCode(Number.parseInt(part.slice(0, 4), 16)) + fromText(part.slice(4)),
  );
  return fromText(first) + rest.join("");
}
