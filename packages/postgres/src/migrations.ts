/** The tables, version by version. A version that was released is never changed: what changes is a version more. */
import { type Tables, tablesOf } from "./names.js";
import { type NameOptions, namesFrom } from "./options.js";

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

/** SQL over the table of migrations: when the first was made, in microseconds. Two databases never have the same, but copies do. */
export const madeAt = "(extract(epoch FROM min(at)) * 1000000)::bigint";

/**
 * What `store.migrate()` runs, for those who change their schema by other means. Run each once, in order, in a transaction.
 *
 * @throws ConfigurationError `POSTGRES_OPTIONS_INVALID`
 * @example for (const { sql } of migrations({ prefix: "mw" })) console.log(`BEGIN;\n${sql}\nCOMMIT;`);
 */
export function migrations(options: NameOptions = {}): readonly Migration[] {
  const { prefix, schema } = namesFrom(options);
  return migrationsOf(tablesOf(prefix, schema));
}

/** The same, for tables that are already named. */
export function migrationsOf(tables: Tables): readonly Migration[] {
  return versions.map(({ name, sql }, index) => {
    const version = index + 1;
    return {
      version,
      name,
      sql: `${sql(tables).trim()}\n\nINSERT INTO ${tables.migrations} (version, name) VALUES (${version}, '${name}');`,
    };
  });
}

/** A queue: rows come and go all the time, so vacuum comes often and does not pause. */
const asQueue = `WITH (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 10000,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000,
  autovacuum_vacuum_cost_delay = 0
)`;

/** Rows that are changed where they are: room in each page keeps their changes out of the indexes. */
const withRoom = "WITH (fillfactor = 80)";

const message = `lane smallint NOT NULL,
  channel text NOT NULL,
  key text NOT NULL,
  id text NOT NULL,
  type text NOT NULL,
  content_type text NOT NULL,
  headers text,
  body text,
  bytes bytea,
  deliver_at double precision,
  packed text`;

function first({ migrations, outbox, refused, inbox }: Tables): string {
  return `
CREATE TABLE ${migrations} (
  version integer PRIMARY KEY,
  name text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ${outbox} (
  seq bigint GENERATED ALWAYS AS IDENTITY,
  ${message},
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (lane, seq)
) ${asQueue};

CREATE TABLE ${refused} (
  seq bigint PRIMARY KEY,
  ${message},
  code text NOT NULL,
  reason text NOT NULL,
  refused_at timestamptz NOT NULL
);

CREATE TABLE ${inbox} (
  consumer_group text,
  source text,
  id text,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer_group, source, id)
);

CREATE INDEX ON ${inbox} (at);`;
}

/** Texts that are compared or sorted are so by their bytes, whatever the database's language is. */
const name = 'text COLLATE "C" NOT NULL';

function second({ streams, events, eventsNew, log, documents, checkpoints }: Tables): string {
  return `
CREATE TABLE ${streams} (
  stream ${name} PRIMARY KEY,
  version bigint NOT NULL
) ${withRoom};

CREATE TABLE ${events} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream ${name},
  version bigint NOT NULL,
  event_key uuid NOT NULL,
  event text NOT NULL,
  UNIQUE (stream, version),
  UNIQUE (stream, event_key)
);

CREATE TABLE ${eventsNew} (
  id bigint PRIMARY KEY,
  ids bigint[] NOT NULL,
  category ${name},
  types text[] NOT NULL
) ${asQueue};

CREATE TABLE ${log} (
  position bigint PRIMARY KEY,
  id bigint NOT NULL,
  category ${name},
  type ${name}
);

CREATE INDEX ON ${log} (category, position);
CREATE INDEX ON ${log} (type, position);

CREATE TABLE ${documents} (
  collection ${name},
  key ${name},
  digest ${name},
  tail text COLLATE "C",
  body text NOT NULL,
  PRIMARY KEY (collection, key, digest)
) ${withRoom};

CREATE TABLE ${checkpoints} (
  key ${name} PRIMARY KEY,
  name ${name},
  position bigint NOT NULL,
  moved_at timestamptz NOT NULL
);`;
}
