/** The shelf: what groups gave up, with the message as it was published. Its own copy, so retention may pass. */
import type { DeadLetterRecord, Failure, WireMessage } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import type { Group } from "./groups.js";
import { type Head, type MessageValues, messageFrom } from "./log.js";
import { messageColumns } from "./schema.js";
import { fromText, toText } from "./text.js";
import type { Transaction } from "./writer.js";

export interface DeadLetter {
  readonly seq: number;
  readonly message: MessageValues;
  readonly attempts: number;
  readonly failure: Failure;
  readonly firstAt: number;
}

interface DeadRow {
  readonly record: number;
  readonly channel: string;
  readonly seq: number;
  readonly attempts: number;
  readonly failure: string;
  readonly first_at: number;
  readonly last_at: number;
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly content_type: string;
  readonly headers: string | null;
  readonly body: string | Uint8Array;
}

const pageSize = 256;

export function shelve(db: Connection, group: number, letter: DeadLetter, now: number): void {
  db.run(
    `INSERT INTO mw_dead (${messageColumns}, grp, seq, attempts, failure, first_at, last_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...letter.message,
    group,
    letter.seq,
    letter.attempts,
    JSON.stringify(letter.failure),
    letter.firstAt,
    now,
  );
}

/** The ids of all groups of this name in the namespace, one per channel. */
export function groupsNamed(db: Connection, namespace: string, group: string): number[] {
  const rows = db.all<{ id: number }>(
    "SELECT g.id FROM mw_groups g JOIN mw_channels c ON c.id = g.channel WHERE c.namespace = ? AND g.name = ?",
    toText(namespace),
    toText(group),
  );
  return rows.map((row) => row.id);
}

/** One page of a group's records, oldest first, from behind a record. Also says where the next page starts. */
export function deadLetterPage(
  db: Connection,
  group: string,
  ids: readonly number[],
  after: number,
): { readonly records: readonly DeadLetterRecord[]; readonly last: number } {
  const next = "SELECT record FROM mw_dead WHERE grp = ? AND record > ? ORDER BY record LIMIT ?";
  const found = ids.flatMap((id) => db.all<{ record: number }>(next, id, after, pageSize));
  const page = found.map((row) => row.record).sort((a, b) => a - b);
  const records = page.slice(0, pageSize);
  const rows = db.all<DeadRow>(
    `SELECT d.*, c.name AS channel FROM mw_dead d JOIN mw_groups g ON g.id = d.grp JOIN mw_channels c ON c.id = g.channel
     WHERE d.record IN (SELECT value FROM json_each(?)) ORDER BY d.record`,
    JSON.stringify(records),
  );
  return { records: rows.map((row) => recordFrom(row, group)), last: records.at(-1) ?? after };
}

/** Takes one record off the shelf of these groups. Returns its group and message, or undefined if it is not there. */
export function takeRecord(
  db: Connection,
  ids: readonly number[],
  record: string,
): { readonly group: number; readonly message: MessageValues } | undefined {
  if (!/^\d{1,15}$/.test(record)) return undefined;
  const row = db.get<DeadRow & { readonly grp: number }>(
    `DELETE FROM mw_dead WHERE record = ? AND grp IN (SELECT value FROM json_each(?)) RETURNING *`,
    Number(record),
    JSON.stringify(ids),
  );
  return row && { group: row.grp, message: valuesFrom(row) };
}

/** Puts one record back into the log of its channel, for its group alone (B9). Returns whether it was there. */
export function redriveRecord(
  db: Connection,
  transaction: Transaction,
  groups: ReadonlyMap<number, Group["log"]>,
  record: string,
): boolean {
  const taken = takeRecord(db, [...groups.keys()], record);
  const log = taken && groups.get(taken.group);
  if (!taken || !log) return false;
  log.appendFor(transaction, taken.group, taken.message);
  return true;
}

function recordFrom(row: DeadRow, group: string): DeadLetterRecord {
  return {
    id: String(row.record),
    channel: fromText(row.channel),
    group,
    message: storedMessage(row),
    offset: String(row.seq),
    attempts: row.attempts,
    failure: JSON.parse(row.failure) as Failure,
    firstAt: row.first_at,
    lastAt: row.last_at,
  };
}

function valuesFrom(row: DeadRow): MessageValues {
  return [row.id, row.type, row.key, row.content_type, row.headers, row.body];
}

/** The message; where its headers cannot be read, the rest of it. */
function storedMessage(row: DeadRow): WireMessage {
  const head = (headers: string | null): Head => [row.id, row.type, row.key, row.content_type, headers, null];
  try {
    return messageFrom(head(row.headers), row.body);
  } catch {
    return messageFrom(head(null), row.body);
  }
}
