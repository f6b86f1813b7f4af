/** The streams and the log, on a handle that is in a transaction or reads what is committed. */
import type {
  LogAccess,
  LogRow,
  LogRows,
  StreamAppend,
  StreamFound,
  StreamRead,
  StreamRow,
  StreamWritten,
} from "@meshwright/core/adapter";
import type { Connection } from "../connection.js";
import type { SqlValue } from "../driver.js";
import { inTransaction } from "./handle.js";
import { stored } from "./rows.js";
import { type LogStatements, limitOf } from "./statements.js";

type Page = Parameters<LogAccess["page"]>[0];

/** How many positions are looked through for types at a time: there is no index of them, and the thread is blocked meanwhile. */
const longestStretch = 10_000;

/** An append, in a transaction. Whether the stream has an event is not asked for: its index refuses the row. */
export function appendEvents(
  db: Connection,
  statements: LogStatements,
  append: StreamAppend,
): StreamWritten | StreamFound {
  const { expected, events } = append;
  const before = versionOf(db, statements, append.stream);
  if (expected !== "any" && expected !== before) return found(db, statements, append, before);
  if (addAll(db, statements, append, before)) return { written: before + events.length };
  return found(db, statements, append, before);
}

/** Returns false, and has added none, where the stream has one of them. */
function addAll(db: Connection, { add, undo }: LogStatements, append: StreamAppend, before: number): boolean {
  const stream = stored(append.stream);
  const category = stored(append.category);
  let left = append.events;
  let version = before;
  try {
    for (const { rows, sql } of add) {
      for (; left.length >= rows; left = left.slice(rows)) {
        const values: SqlValue[] = [];
        for (const { type, source, id, text } of left.slice(0, rows))
          values.push(stream, ++version, category, stored(type), stored(source), stored(id), text);
        if (db.run(sql, ...values) === rows) continue;
        db.run(undo, stream, before);
        return false;
      }
    }
    return true;
  } catch (error) {
    // Its caller may go on with the transaction. Where SQLite has ended it, there is nothing left, and the lock may be another's.
    if (inTransaction(db.database)) db.run(undo, stream, before);
    throw error;
  }
}

export function readStream(
  db: Connection,
  statements: LogStatements,
  { stream, from, limit, backwards }: StreamRead,
): StreamRow[] {
  const sql = backwards ? statements.backwards : statements.forwards;
  const rows = db.all<Omit<StreamRow, "stream">>(sql, stored(stream), from, limitOf(limit));
  return rows.map(({ version, text }) => ({ stream, version, text }));
}

/** The head first: what stands before it stays so, whatever is appended between the two statements. */
export function readPage(
  db: Connection,
  statements: LogStatements,
  { after, limit, category, types }: Page,
): LogRows {
  const head = headOf(db, statements);
  if (head <= after) return { rows: [], through: after };
  const end = types === undefined ? head : Math.min(head, after + longestStretch);
  const sql = statements.page(category !== undefined, types !== undefined);
  const values: SqlValue[] = [after, end];
  if (category !== undefined) values.push(stored(category));
  if (types !== undefined) values.push(JSON.stringify(types.map(stored)));
  const rows = db.all<LogRow>(sql, ...values, limitOf(limit));
  return { rows, through: rows.length < limit ? end : (rows.at(-1)?.position ?? after) };
}

/** 0 while there is none. */
export function headOf(db: Connection, { head }: LogStatements): number {
  return db.get<{ head: number | null }>(head)?.head ?? 0;
}

function versionOf(db: Connection, { version }: LogStatements, stream: string): number {
  return db.get<{ version: number | null }>(version, stored(stream))?.version ?? 0;
}

function found(
  db: Connection,
  { place }: LogStatements,
  { stream, events }: StreamAppend,
  version: number,
): StreamFound {
  const name = stored(stream);
  const versions = events.map(
    ({ source, id }) => db.get<{ version: number }>(place, name, stored(id), stored(source))?.version,
  );
  return { version, versions };
}
