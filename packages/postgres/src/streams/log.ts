/** Streams on PostgreSQL. `numbering.ts` says how their events come by a position. */
import { hash } from "node:crypto";
import {
  type LogAccess,
  type LogRow,
  type LogRows,
  type NewStreamRow,
  type PageOptions,
  type StreamAppend,
  type StreamFound,
  type StreamRead,
  type StreamRow,
  type StreamWritten,
  storeRefusals,
} from "@meshwright/core/adapter";
import { textKey } from "../claims.js";
import { isDuplicate } from "../errors.js";
import type { Session } from "../session.js";
import { countOf } from "../statement.js";
import type { StreamStatements } from "./statements.js";

export interface LogParts {
  readonly session: Session;
  statements(): StreamStatements;
  /** A statement that fails has broken a transaction. */
  readonly isTransaction: boolean;
  /**
   * Gives positions to what has none.
   *
   * @param until - the newest append that is known
   * @returns whether to look again
   */
  number(until: string): Promise<boolean>;
  /** What has to be done before a transaction sees the log for the first time, as it may go on seeing it as it was then. */
  beforePage?(): Promise<void>;
  /** Events were appended. */
  appended(): void;
}

type Page = Omit<PageOptions, "tx">;

/** What a page's statement answers with. */
interface PlaceRow {
  readonly position: string | null;
  /** Empty in one more row: it has the end of the log, the newest append without a position, and what was found, as an event. */
  readonly stream: string;
  readonly version: string | null;
  readonly event: string;
}

/** Of those who append the same at the same time each has to see the others' events only once. */
const mostTries = 100;

export function logOn(parts: LogParts): LogAccess {
  return {
    append: (append) => appendTo(parts, append),
    read: (read) => readFrom(parts, read),
    page: (page) => pageFrom(parts, page),
  };
}

async function appendTo(parts: LogParts, append: StreamAppend): Promise<StreamWritten | StreamFound> {
  const keys = append.events.map(keyOf);
  for (let tries = 1; ; tries++) {
    const written = keys.length === 0 ? undefined : await write(parts, append, keys);
    if (typeof written === "number") {
      parts.appended();
      return { written };
    }
    const found = await find(parts, append.stream, keys);
    if (!fits(append, found)) return found;
    if (keys.length === 0) return { written: found.version };
    // It was another one a moment ago.
    if (tries >= mostTries) throw storeRefusals.conflict(written);
  }
}

/** The new version. Or nothing was written, because of what is there: then the server's error, if it gave one. */
async function write(
  { session, statements, isTransaction }: LogParts,
  { stream, category, expected, events }: StreamAppend,
  keys: readonly string[],
): Promise<number | Error | undefined> {
  const { one, many } = statements();
  const { atVersion, orNew } = keys.length === 1 ? one : many;
  try {
    const { rows, count } = await session.ask<{ version: string }>(
      expected === "any" || expected === 0 ? orNew : atVersion,
      [stream, textKey(category), expected === "any" ? null : expected, ...given(events, keys)],
      "appending to a stream",
    );
    if (count === 0) return undefined;
    return rows[0] === undefined ? Number(expected) + keys.length : Number(rows[0].version);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    if (isTransaction) throw storeRefusals.conflict(error);
    return error;
  }
}

function given(events: readonly NewStreamRow[], keys: readonly string[]): unknown[] {
  const [event, ...others] = events;
  if (event !== undefined && others.length === 0) return [keys[0], event.text, textKey(event.type)];
  return [`{${keys}}`, lines(events.map(({ text }) => text)), lines(events.map(({ type }) => textKey(type)))];
}

async function find(
  { session, statements }: LogParts,
  stream: string,
  keys: readonly string[],
): Promise<StreamFound> {
  const { rows } = await session.ask<{ at: string; version: string | null }>(
    statements().find,
    [stream, keys],
    "looking for events in a stream",
  );
  const versions = keys.map((_, at) => rows[at]?.version ?? undefined);
  return {
    version: Number(rows[0]?.at),
    versions: versions.map((version) => (version === undefined ? undefined : Number(version))),
  };
}

/** Whether what was found is no reason not to append. */
function fits({ expected }: StreamAppend, { version, versions }: StreamFound): boolean {
  return versions.every((one) => one === undefined) && (expected === "any" || expected === version);
}

async function readFrom(
  { session, statements }: LogParts,
  { stream, from, limit, backwards }: StreamRead,
): Promise<readonly StreamRow[]> {
  const { read, readBackwards } = statements();
  const { rows } = await session.ask<{ version: string; event: string }>(
    backwards ? readBackwards : read,
    [stream, countOf(from), countOf(limit)],
    "reading a stream",
  );
  return rows.map(({ version, event }) => ({ stream, version: Number(version), text: event }));
}

async function pageFrom(parts: LogParts, options: Page): Promise<LogRows> {
  parts.session.requireUsable();
  await parts.beforePage?.();
  for (let until: string | undefined, again = true; ; ) {
    const { page, isFull, newest } = await readPage(parts, options);
    if (!again || isFull || newest === undefined) return page;
    // What is appended from now on is for those who ask later.
    until ??= newest;
    again = await parts.number(until);
  }
}

interface PageRead {
  readonly page: LogRows;
  readonly isFull: boolean;
  /** Which append is the newest that has no positions. */
  readonly newest: string | undefined;
}

async function readPage(
  { session, statements }: LogParts,
  { after, limit, category, types }: Page,
): Promise<PageRead> {
  const filter = { limit: countOf(limit), category: category !== undefined, types: types !== undefined };
  const values: unknown[] = [countOf(after)];
  if (category !== undefined) values.push(textKey(category));
  if (types !== undefined) values.push([...new Set(types)].map(textKey));
  const { rows } = await session.ask<PlaceRow>(statements().page(filter), values, "reading the log");
  return pageOf(rows, after, limit);
}

function pageOf(rows: readonly PlaceRow[], after: number, limit: number): PageRead {
  const events: LogRow[] = [];
  let [places, last, head] = [0, after, after];
  let newest: string | undefined;
  for (const { position, stream, version, event } of rows) {
    if (stream !== "") {
      events.push({ position: Number(position), stream, version: Number(version), text: event });
      continue;
    }
    head = Math.max(after, Number(position));
    newest = version ?? undefined;
    [places = 0, last = after] = event.split(" ").map(Number);
  }
  // The server need not keep an order that no clause of its outermost part asks for.
  events.sort((one, other) => one.position - other.position);
  const isFull = places >= limit && places > 0;
  return { page: { rows: events, through: isFull ? last : head }, isFull, newest };
}

/** What names an event, in the 16 bytes that an index takes well. */
function keyOf({ source, id }: NewStreamRow): string {
  return hash("sha256", JSON.stringify([source, id])).slice(0, 32);
}

/** Many are sent so, which takes less than to escape them. A JSON text has line breaks between its parts only, if at all. */
function lines(texts: readonly string[]): string {
  return texts.map((text) => (text.includes("\n") ? text.replaceAll("\n", " ") : text)).join("\n");
}
