/** All of the store's SQL but its tables. */
import { mostCounted } from "@meshwright/core/adapter";
import type { Tables } from "./names.js";
import { columns, lanes } from "./rows.js";

/** How many lanes one relay takes at most: a second one finds work too. */
export const mostLanes: number = lanes / 2;

export interface Statements {
  readonly log: LogStatements;
  readonly documents: DocumentStatements;
  readonly checkpoints: CheckpointStatements;
  /** Parameters: a row's values, now. */
  readonly append: string;
  readonly claim: string;
  readonly prune: string;
  /** Lanes that nobody has and that have rows. Parameter: now. */
  readonly free: string;
  /** The oldest rows of some lanes. Parameters: `mostLanes` lanes, limit. */
  readonly oldest: string;
  /** Parameters: owner, until, lane. */
  readonly lease: string;
  /** Whether the lease is still there, which it ends. Parameters: lane, owner, epoch. */
  readonly release: string;
  readonly releaseAll: string;
  readonly published: string;
  /** Parameters: code, reason, time, seq. */
  readonly refuse: string;
  /** Parameter: now. */
  readonly backlog: string;
  readonly refused: string;
  /** Parameters: now, seqs. */
  readonly restore: string;
  readonly remove: string;
}

export interface LogStatements {
  /** Of a stream. */
  readonly version: string;
  /**
   * For so many events at a time, most first: one statement for many rows takes two thirds of the time. Leaves out those that the
   * stream has. Parameters, for each row: stream, version, category, type, source, id, event.
   */
  readonly add: readonly { readonly rows: number; readonly sql: string }[];
  /** Parameters: stream, the version to go back to. */
  readonly undo: string;
  /** Parameters: stream, id, source. */
  readonly place: string;
  /** Parameters: stream, first version, limit. */
  readonly forwards: string;
  readonly backwards: string;
  readonly head: string;
  /** Parameters: after, last position, category and types as JSON where they are wanted, limit. */
  page(category: boolean, types: boolean): string;
}

export interface DocumentStatements {
  /** Parameters: collection, keys as JSON. */
  readonly read: string;
  /** Parameters: collection, first key, the first key behind the last one, limit. */
  readonly listFrom: string;
  /** The same, but for the first key. */
  readonly listBehind: string;
  /** Parameters: collection, key, body. */
  readonly write: string;
  readonly remove: string;
  /** Parameters: collection twice, how many. */
  readonly clear: string;
}

export interface CheckpointStatements {
  /** Takes the lock, and changes nothing. */
  readonly lock: string;
  readonly position: string;
  /** Changes nothing where it is at another position than before. Parameters: name, position, time, the position before. */
  readonly move: string;
  /** Parameters: first name, the first name behind the last one. */
  readonly list: string;
}

/** As SQLite takes it: there a negative one is none. */
export function limitOf(limit: number): number {
  return Math.min(Math.max(0, Math.trunc(limit)), Number.MAX_SAFE_INTEGER);
}

const listed = "SELECT value FROM json_each(?)";
const counted = (table: string): string =>
  `(SELECT count(*) FROM (SELECT 1 FROM ${table} LIMIT ${mostCounted}))`;

export function statementsFor(tables: Tables): Statements {
  const { outbox, refused, lanes: leases, inbox } = tables;
  const ofLane = `SELECT seq FROM ${outbox} WHERE lane = ?`;
  const merged = Array.from({ length: mostLanes }, () => ofLane).join(" UNION ALL ");
  return {
    log: logStatements(tables),
    documents: documentStatements(tables),
    checkpoints: checkpointStatements(tables),
    append: `INSERT INTO ${outbox} (${columns}, appended_at) VALUES (${columns.split(",").fill("?").join(", ")}, ?)`,
    claim: `INSERT INTO ${inbox} (consumer_group, source, id, claimed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    prune: `DELETE FROM ${inbox} WHERE claimed_at < ?`,
    free: `SELECT lane FROM ${leases} AS l
      WHERE until <= ? AND EXISTS (SELECT 1 FROM ${outbox} AS o WHERE o.lane = l.lane) ORDER BY lane`,
    // The index has each lane's rows in order. They are merged as they are read: no sorting, whatever the backlog.
    oldest: `SELECT seq, ${columns} FROM ${outbox} WHERE seq IN (${merged} ORDER BY seq LIMIT ?) ORDER BY seq`,
    lease: `UPDATE ${leases} SET owner = ?, until = ?, epoch = epoch + 1 WHERE lane = ? RETURNING epoch`,
    release: `UPDATE ${leases} SET owner = NULL, until = 0 WHERE lane = ? AND owner = ? AND epoch = ?`,
    releaseAll: `UPDATE ${leases} SET owner = NULL, until = 0 WHERE owner = ?`,
    published: `DELETE FROM ${outbox} WHERE seq IN (${listed})`,
    refuse: `INSERT INTO ${refused} (seq, ${columns}, code, reason, refused_at)
      SELECT seq, ${columns}, ?, ?, ? FROM ${outbox} WHERE seq = ?`,
    backlog: `SELECT ${counted(outbox)} AS "rows", ${counted(refused)} AS refused,
      ? - (SELECT appended_at FROM ${outbox} ORDER BY seq LIMIT 1) AS "oldestMs"`,
    refused: `SELECT seq, ${columns}, code, reason, refused_at FROM ${refused} ORDER BY refused_at, seq`,
    restore: `INSERT INTO ${outbox} (${columns}, appended_at) SELECT ${columns}, ? FROM ${refused} WHERE seq IN (${listed}) ORDER BY seq`,
    remove: `DELETE FROM ${refused} WHERE seq IN (${listed})`,
  };
}

function logStatements({ events }: Tables): LogStatements {
  const stretch = `SELECT version, event AS text FROM ${events} WHERE stream = ?`;
  const page = (conditions: string): string =>
    `SELECT position, stream, version, event AS text FROM ${events} WHERE position > ? AND position <= ?${conditions}
      ORDER BY position LIMIT ?`;
  return {
    version: `SELECT max(version) AS version FROM ${events} WHERE stream = ?`,
    add: [16, 4, 1].map((rows) => ({
      rows,
      sql: `INSERT INTO ${events} (stream, version, category, type, source, id, event)
        VALUES ${Array.from({ length: rows }, () => "(?, ?, ?, ?, ?, ?, ?)").join(", ")}
        ON CONFLICT (stream, id, source) DO NOTHING`,
    })),
    undo: `DELETE FROM ${events} WHERE stream = ? AND version > ?`,
    place: `SELECT version FROM ${events} WHERE stream = ? AND id = ? AND source = ?`,
    forwards: `${stretch} AND version >= ? ORDER BY version LIMIT ?`,
    backwards: `${stretch} AND version <= ? ORDER BY version DESC LIMIT ?`,
    head: `SELECT max(position) AS head FROM ${events}`,
    page: (category, types) =>
      page(`${category ? " AND category = ?" : ""}${types ? ` AND type IN (${listed})` : ""}`),
  };
}

function documentStatements({ documents }: Tables): DocumentStatements {
  const list = (from: ">" | ">="): string =>
    `SELECT key, body FROM ${documents} WHERE collection = ? AND key ${from} ? AND key < ? ORDER BY key LIMIT ?`;
  return {
    read: `SELECT key, body FROM ${documents} WHERE collection = ? AND key IN (${listed})`,
    listFrom: list(">="),
    listBehind: list(">"),
    write: `INSERT INTO ${documents} (collection, key, body) VALUES (?, ?, ?)
      ON CONFLICT (collection, key) DO UPDATE SET body = excluded.body`,
    remove: `DELETE FROM ${documents} WHERE collection = ? AND key = ?`,
    clear: `DELETE FROM ${documents} WHERE collection = ? AND key IN
      (SELECT key FROM ${documents} WHERE collection = ? ORDER BY key LIMIT ?)`,
  };
}

function checkpointStatements({ checkpoints }: Tables): CheckpointStatements {
  return {
    lock: `UPDATE ${checkpoints} SET position = position WHERE false`,
    position: `SELECT position FROM ${checkpoints} WHERE name = ?`,
    move: `INSERT INTO ${checkpoints} AS c (name, position, moved_at) VALUES (?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET position = excluded.position, moved_at = excluded.moved_at WHERE c.position = ?`,
    list: `SELECT name, position, moved_at FROM ${checkpoints} WHERE name >= ? AND name < ? ORDER BY name`,
  };
}
