/**
 * The tables. All of them start with `mw_`, so that a database may be shared with an application. Beside these there
 * is one log table per channel, `mw_log_<channel>`; see `log.ts`.
 *
 * Times are milliseconds since the epoch. `held` has what members hold; `waiting` has what a group's cursor has
 * passed and nobody holds: ready to be taken, delayed until `due`, or parked behind an earlier message of its key.
 */
import { BrokerError } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";

/** Raised when tables change in a way that older releases cannot work with. */
export const formatVersion = 1;

/** States of a waiting row. Written into the SQL as literals, since the partial indexes need that. */
export const state = { parked: 0, ready: 1, delayed: 2 } as const;

/** The columns of a message wherever one is stored. */
export const messageColumns = "id, type, key, content_type, headers, body";

const messageDefinition =
  "id TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL, content_type TEXT NOT NULL, headers TEXT, body BLOB NOT NULL";

const tables = `
CREATE TABLE IF NOT EXISTS mw_channels (
  id INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (namespace, name));
CREATE TABLE IF NOT EXISTS mw_groups (
  id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, name TEXT NOT NULL, ordering TEXT NOT NULL,
  cursor INTEGER NOT NULL, missed INTEGER NOT NULL DEFAULT 0, UNIQUE (channel, name));
CREATE TABLE IF NOT EXISTS mw_members (
  id INTEGER PRIMARY KEY AUTOINCREMENT, grp INTEGER NOT NULL, lease_until INTEGER NOT NULL, service TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS mw_members_lease ON mw_members (grp, lease_until);
CREATE TABLE IF NOT EXISTS mw_held (
  member INTEGER NOT NULL, seq INTEGER NOT NULL, grp INTEGER NOT NULL, key TEXT, attempt INTEGER NOT NULL,
  first_at INTEGER NOT NULL, failure TEXT, PRIMARY KEY (member, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mw_waiting (
  grp INTEGER NOT NULL, seq INTEGER NOT NULL, key TEXT, state INTEGER NOT NULL, attempts INTEGER NOT NULL,
  due INTEGER, first_at INTEGER, failure TEXT, PRIMARY KEY (grp, seq)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mw_waiting_key ON mw_waiting (grp, key, state, seq) WHERE key IS NOT NULL;
CREATE INDEX IF NOT EXISTS mw_waiting_ready ON mw_waiting (grp, seq) WHERE state = ${state.ready};
CREATE INDEX IF NOT EXISTS mw_waiting_due ON mw_waiting (grp, due) WHERE state = ${state.delayed};
CREATE TABLE IF NOT EXISTS mw_scheduled (
  place INTEGER PRIMARY KEY, channel INTEGER NOT NULL, due INTEGER NOT NULL, ${messageDefinition});
CREATE INDEX IF NOT EXISTS mw_scheduled_due ON mw_scheduled (channel, due, place);
CREATE TABLE IF NOT EXISTS mw_dead (
  record INTEGER PRIMARY KEY AUTOINCREMENT, grp INTEGER NOT NULL, seq INTEGER NOT NULL, attempts INTEGER NOT NULL,
  failure TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, ${messageDefinition});
CREATE INDEX IF NOT EXISTS mw_dead_group ON mw_dead (grp, record);
`;

/** The log of one channel. The row id is the sequence; the newest row is never deleted, so it never restarts. */
export function logTable(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${table} (
    seq INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, ${messageDefinition}, only_group INTEGER)`;
}

/**
 * Creates the tables if they are missing. Called inside a write transaction, so that of several processes that open
 * a new file at once one creates and the others find.
 */
export function createTables(db: Connection): void {
  db.database.exec("CREATE TABLE IF NOT EXISTS mw_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)");
  const found = db.get<{ value: number }>("SELECT value FROM mw_meta WHERE name = 'format'");
  if (found && found.value > formatVersion) throw newer(found.value);
  if (found?.value !== formatVersion) db.database.exec(tables);
  // Written also when nothing changes: SQLite says only on a write that a file is read-only.
  db.run("INSERT OR REPLACE INTO mw_meta (name, value) VALUES ('format', ?)", formatVersion);
}

function newer(found: number): BrokerError {
  return new BrokerError(
    "SQLITE_FORMAT_NEWER",
    `SQLite: the file has storage format ${found}, this release of @meshwright/sqlite knows up to ${formatVersion}. Upgrade the package, or use another file.`,
    { retryable: false },
  );
}
