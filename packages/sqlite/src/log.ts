/**
 * The log of one channel: append, and read by place or by time. It has no secondary index: `seq` is the order of
 * publishing, and `stored_at` never falls from one row to the next, so a time is found by halving.
 */
import { refusals, type WireMessage } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import type { SqlValue } from "./driver.js";
import { fromText, toText } from "./text.js";
import type { Transaction } from "./writer.js";

/** A message as it is bound: id, type, key, content_type, headers, body. */
export type MessageValues = readonly [string, string, string, string, string | null, string | Uint8Array];

/** A stored message. `head` is a JSON array of its small columns: cheaper to read than a column each. */
export interface LogRow {
  readonly seq: number;
  readonly stored_at: number;
  readonly body: string | Uint8Array;
  readonly head: string;
}

/** What `head` holds: id, type, key, content_type, headers, only_group. */
export type Head = readonly [string, string, string, string, string | null, number | null];

export const maxBodyBytes: number = 64 * 1024 * 1024;

const head =
  "json_array(CAST(id AS TEXT), CAST(type AS TEXT), CAST(key AS TEXT), CAST(content_type AS TEXT), CAST(headers AS TEXT), only_group) AS head";

/** Turns a message into what is bound. Throws when it is too large. */
export function messageValues(message: WireMessage): MessageValues {
  const { body } = message;
  if (isTooLarge(body)) throw refusals.bodyTooLarge(maxBodyBytes);
  return [
    toText(message.id),
    toText(message.type),
    toText(message.key),
    toText(message.contentType),
    headersText(message.headers),
    typeof body === "string" ? toText(body) : body,
  ];
}

/** Reads the parts of a stored message back. Throws when they are not what `messageValues` wrote. */
export function messageFrom(parsed: Head, body: string | Uint8Array): WireMessage {
  return {
    id: fromText(parsed[0]),
    type: fromText(parsed[1]),
    key: fromText(parsed[2]),
    contentType: fromText(parsed[3]),
    headers: parsed[4] === null ? {} : headersFrom(parsed[4]),
    body: typeof body === "string" ? fromText(body) : body,
  };
}

export class ChannelLog {
  readonly id: number;
  readonly #db: Connection;
  readonly #table: string;
  readonly #insert: string;
  readonly #insertFor: string;
  readonly #after: string;
  readonly #listed: string;
  #transaction = -1;
  #storedAt = 0;

  constructor(db: Connection, id: number) {
    this.id = id;
    this.#db = db;
    const table = `mw_log_${id}`;
    this.#table = table;
    this.#insert = `INSERT INTO ${table} (id, type, key, content_type, headers, body, stored_at) VALUES (?, ?, ?, ?, ?, ?, ?)`;
    this.#insertFor = `INSERT INTO ${table} (id, type, key, content_type, headers, body, stored_at, only_group) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
    this.#after = `SELECT seq, stored_at, body, ${head} FROM ${table} WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`;
    this.#listed = `SELECT seq, stored_at, body, ${head} FROM ${table} WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq`;
  }

  get table(): string {
    return this.#table;
  }

  /** Appends, after moving in what is due by now. */
  append(transaction: Transaction, messages: readonly MessageValues[]): void {
    this.moveDue(transaction);
    const storedAt = Math.max(this.#storedAt, transaction.now);
    const insert = this.#db.statement(this.#insert);
    for (const m of messages) insert.run(m[0], m[1], m[2], m[3], m[4], m[5], storedAt);
    this.#storedAt = storedAt;
    transaction.wake(this.id);
  }

  /** Appends for one group alone: others skip it, history does not show it. */
  appendFor(transaction: Transaction, group: number, message: readonly SqlValue[]): void {
    this.moveDue(transaction);
    this.#storedAt = Math.max(this.#storedAt, transaction.now);
    this.#db.run(this.#insertFor, ...message, this.#storedAt, group);
    transaction.wake(this.id);
  }

  /** Keeps messages until `due`. */
  schedule(message: MessageValues, due: number): void {
    this.#db.run(
      "INSERT INTO mw_scheduled (id, type, key, content_type, headers, body, channel, due) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      ...message,
      this.id,
      due,
    );
  }

  /** Moves scheduled messages that are due into the log, in their order. Once a transaction; any process does it. */
  moveDue(transaction: Transaction): void {
    if (this.#transaction === transaction.number) return;
    this.#transaction = transaction.number;
    this.#storedAt = this.#newestStoredAt();
    const bounds = this.#db.get<{ count: number; due: number | null }>(
      "SELECT count(*) AS count, max(due) AS due FROM mw_scheduled WHERE channel = ? AND due <= ?",
      this.id,
      transaction.now,
    );
    if (!bounds || bounds.due === null) return;
    this.#db.run(
      `INSERT INTO ${this.#table} (stored_at, id, type, key, content_type, headers, body)
       SELECT max(due, ?), id, type, key, content_type, headers, body FROM mw_scheduled
       WHERE channel = ? AND due <= ? ORDER BY due, place`,
      this.#storedAt,
      this.id,
      transaction.now,
    );
    this.#db.run("DELETE FROM mw_scheduled WHERE channel = ? AND due <= ?", this.id, transaction.now);
    this.#storedAt = Math.max(this.#storedAt, bounds.due);
    transaction.wake(this.id);
  }

  /** Up to `limit` rows behind `after`, up to and including `last`. */
  read(after: number, last: number, limit: number): LogRow[] {
    return this.#db.all<LogRow>(this.#after, after, last, limit);
  }

  /** These rows, in order; those that retention has removed are missing. */
  readListed(seqs: readonly number[]): LogRow[] {
    return this.#db.all<LogRow>(this.#listed, JSON.stringify(seqs));
  }

  /** The first and the last place in use; 0 when the log is empty. */
  bounds(): { readonly first: number; readonly last: number } {
    const row = this.#db.get<{ first: number | null; last: number | null }>(
      `SELECT (SELECT min(seq) FROM ${this.#table}) AS first, (SELECT max(seq) FROM ${this.#table}) AS last`,
    );
    return { first: row?.first ?? 0, last: row?.last ?? 0 };
  }

  storedAt(seq: number): number | undefined {
    const sql = `SELECT stored_at FROM ${this.#table} WHERE seq >= ? ORDER BY seq LIMIT 1`;
    return this.#db.get<{ stored_at: number }>(sql, seq)?.stored_at;
  }

  /** The place of the first row stored at or after a time; the place behind the last one if there is none. */
  seqAt(time: number): number {
    const { first, last } = this.bounds();
    let low = first;
    let high = last + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.storedAt(middle) ?? Number.POSITIVE_INFINITY) >= time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #newestStoredAt(): number {
    const sql = `SELECT stored_at FROM ${this.#table} ORDER BY seq DESC LIMIT 1`;
    return this.#db.get<{ stored_at: number }>(sql)?.stored_at ?? 0;
  }
}

/** Reads an offset that this broker gave out. */
export function seqFrom(offset: string): number {
  const seq = /^\d{1,15}$/.test(offset) ? Number(offset) : Number.NaN;
  if (Number.isInteger(seq)) return seq;
  throw refusals.offsetInvalid(offset);
}

function headersText(headers: Readonly<Record<string, string>>): string | null {
  for (const _ in headers) return JSON.stringify(headers);
  return null;
}

function headersFrom(text: string): Record<string, string> {
  const headers: unknown = JSON.parse(text);
  if (typeof headers === "object" && headers !== null) return headers as Record<string, string>;
  throw new SyntaxError("the headers are no object");
}

function isTooLarge(body: string | Uint8Array): boolean {
  // A character takes three bytes at most in UTF-8, two for each of a surrogate pair: most need no counting.
  if (typeof body !== "string" || body.length * 3 <= maxBodyBytes) return body.length > maxBodyBytes;
  return Buffer.byteLength(body) > maxBodyBytes;
}
