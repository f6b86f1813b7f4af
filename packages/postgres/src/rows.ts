/** Messages as columns, and back. */
import { type OutboxRow, partitionOf, type WaitingRow } from "@meshwright/core/adapter";

/** Into how many parts the outbox is divided by key. A relay holds whole lanes. Written into the rows: fixed. */
export const lanes = 16;

/** In the order of a row's values. */
export const columns = [
  ["lane", "smallint"],
  ["channel", "text"],
  ["key", "text"],
  ["id", "text"],
  ["type", "text"],
  ["content_type", "text"],
  ["headers", "text"],
  ["body", "text"],
  ["bytes", "bytea"],
  ["deliver_at", "double precision"],
  ["packed", "text"],
] as const;

/** One for each column. */
export type Values = readonly (string | number | Buffer | null)[];

/** What PostgreSQL cannot keep in a text: U+0000, and surrogates without their other half. */
const loneSurrogate = /\p{Cs}/u;

export function isStorable(text: string): boolean {
  return !text.includes("\0") && !loneSurrogate.test(text);
}

/** The texts of a message, with the body where that is text. */
type Texts = readonly [
  channel: string,
  key: string,
  id: string,
  type: string,
  contentType: string,
  body: string | null,
];

/**
 * A row's values, in the order of `columns`. A message that no text column can hold goes as JSON, which escapes it,
 * into `packed`. Bytes are copied: whoever gave them may use them anew before they are sent.
 */
export function valuesOf({ channel, message }: OutboxRow): Values {
  const { key, id, type, contentType, headers, body, deliverAt = null } = message;
  const [text, bytes] = typeof body === "string" ? [body, null] : [null, Buffer.from(body)];
  const texts: Texts = [channel, key, id, type, contentType, text];
  const fits = texts.every((one) => one === null || isStorable(one));
  return [
    partitionOf(key, lanes),
    ...(fits ? texts.slice(0, 5) : ["", "", "", "", ""]),
    Object.keys(headers).length === 0 ? null : JSON.stringify(headers),
    fits ? text : null,
    bytes,
    deliverAt,
    fits ? null : JSON.stringify(texts),
  ];
}

/** A list for each column. */
export function byColumn(rows: readonly Values[]): unknown[] {
  return columns.map((_, at) => rows.map((row) => row[at]));
}

/** Numbers as text: a service may have told pg to read them as something else. */
export const readColumns: string = `seq::text as place, lane::text as lane, channel, key, id, type, content_type, headers, body, bytes,
  deliver_at::text as deliver_at, packed`;

/** What `readColumns` reads. */
export interface StoredRow {
  readonly place: string;
  readonly lane: string;
  readonly channel: string;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly content_type: string;
  readonly headers: string | null;
  readonly body: string | null;
  readonly bytes: Buffer | null;
  readonly deliver_at: string | null;
  readonly packed: string | null;
}

export function waitingRow(row: StoredRow): WaitingRow {
  const [channel, key, id, type, contentType, text] = textsOf(row);
  return {
    place: row.place,
    channel,
    message: {
      id,
      type,
      key,
      contentType,
      headers: row.headers === null ? {} : JSON.parse(row.headers),
      body: row.bytes ?? text ?? "",
      ...(row.deliver_at === null ? {} : { deliverAt: Number(row.deliver_at) }),
    },
  };
}

function textsOf({ packed, channel, key, id, type, content_type, body }: StoredRow): Texts {
  return packed === null ? [channel, key, id, type, content_type, body] : JSON.parse(packed);
}

/** A text for people, without what PostgreSQL cannot keep. */
export function storable(text: string): string {
  return Buffer.from(text.replaceAll("\0", "\ufffd")).toString();
}
