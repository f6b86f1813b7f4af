/** The tables, version by version. A version that was released is never changed: what changes is a version more. */
import { type Tables, tablesOf } from "./names.js";
import { prefixFrom } from "./options.js";
import { lanes } from "./rows.js";

export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  readonly name: string;
  /** Statements to be run in one transaction. The last one records the version. */
  readonly sql: string;
}

const versions: readonly { readonly name: string; sql(tables: Tables): string }[] = [
  { name: "outbox and inbox", sql: first },
  { name: "streams, documents and checkpoints", sql: second },
];

/** The version that this package needs. */
export const newestVersion: number = versions.length;

/**
 * What `store.migrate()` of `sqliteStore` runs, for those who change their schema by other means. Run each once, in order,
 * in a transaction.
 *
 * @param prefix - as in the store's options; default "mw"
 * @throws ConfigurationError `SQLITE_OPTIONS_INVALID`
 * @example for (const { sql } of migrations("mw")) console.log(`BEGIN IMMEDIATE;\n${sql}\nCOMMIT;`);
 */
export function migrations(prefix?: string): readonly Migration[] {
  const tables = tablesOf(prefixFrom(prefix));
  return versions.map(({ name, sql }, index) => {
    const version = index + 1;
    return {
      version,
      name,
      sql: `${sql(tables).trim()}\n\nINSERT INTO ${tables.migrations} (version, name) VALUES (${version}, '${name}');`,
    };
  });
}

const message = `lane INTEGER NOT NULL,
  channel TEXT NOT NULL,
  key TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  content_type TEXT NOT NULL,
  headers TEXT,
  body BLOB NOT NULL,
  deliver_at REAL`;

function first({ migrations, outbox, refused, lanes: leases, inbox }: Tables): string {
  return `
CREATE TABLE ${migrations} (
  version INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE ${outbox} (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  ${message},
  appended_at INTEGER NOT NULL
);

CREATE INDEX ${outbox}_by_lane ON ${outbox} (lane);

CREATE TABLE ${refused} (
  seq INTEGER PRIMARY KEY,
  ${message},
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  refused_at INTEGER NOT NULL
);

CREATE TABLE ${leases} (
  lane INTEGER PRIMARY KEY,
  owner TEXT,
  epoch INTEGER NOT NULL,
  until INTEGER NOT NULL
);

INSERT INTO ${leases} (lane, epoch, until) VALUES ${Array.from({ length: lanes }, (_, lane) => `(${lane}, 0, 0)`).join(", ")};

CREATE TABLE ${inbox} (
  consumer_group TEXT NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  claimed_at INTEGER NOT NULL,
  PRIMARY KEY (consumer_group, source, id)
) WITHOUT ROWID;

CREATE INDEX ${inbox}_by_time ON ${inbox} (claimed_at);`;
}

/**
 * Positions are given as rows are written: the highest one and one more, which a rollback takes back. The index on the category
 * has its rows in the order of positions.
 */
function second({ events, documents, checkpoints }: Tables): string {
  return `
CREATE TABLE ${events} (
  position INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  version INTEGER NOT NULL,
  category TEXT NOT NULL,
  type TEXT NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  event TEXT NOT NULL,
  UNIQUE (stream, version),
  UNIQUE (stream, id, source)
);

CREATE INDEX ${events}_by_category ON ${events} (category);

CREATE TABLE ${documents} (
  collection TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (collection, key)
) WITHOUT ROWID;

CREATE TABLE ${checkpoints} (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  moved_at INTEGER NOT NULL
) WITHOUT ROWID;`;
}
