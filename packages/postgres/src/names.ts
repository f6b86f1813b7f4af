import pg from "pg";

/** The store's tables, quoted for SQL. */
export interface Tables {
  readonly migrations: string;
  readonly outbox: string;
  readonly refused: string;
  readonly inbox: string;
  readonly streams: string;
  readonly events: string;
  /** The appends whose events are not in the log yet, named by the first of them. */
  readonly eventsNew: string;
  readonly log: string;
  readonly documents: string;
  readonly checkpoints: string;
}

/** The store's tables, and what is to be known of the database they are in. */
export interface FoundTables extends Tables {
  /** Whether transactions are stricter than READ COMMITTED unless they say otherwise. */
  readonly isStrict: boolean;
  /** The server's name for the database, whatever a pooler calls it. */
  readonly database: string;
  /** When the first version was made, in microseconds since the epoch. */
  readonly madeAt: string;
}

/**
 * @param schema - undefined: they are found by `search_path`
 * @example tablesOf("mw", "events").outbox // "events"."mw_outbox"
 */
export function tablesOf(prefix: string, schema: string | undefined): Tables {
  const named = (name: string): string => {
    const table = pg.escapeIdentifier(`${prefix}_${name}`);
    return schema === undefined ? table : `${pg.escapeIdentifier(schema)}.${table}`;
  };
  return {
    migrations: named("migrations"),
    outbox: named("outbox"),
    refused: named("outbox_refused"),
    inbox: named("inbox"),
    streams: named("streams"),
    events: named("events"),
    eventsNew: named("events_new"),
    log: named("log"),
    documents: named("documents"),
    checkpoints: named("checkpoints"),
  };
}

/** The channel of LISTEN and NOTIFY. It is the database's: stores of other schemas are woken for nothing, which does no harm. */
export function noticeChannel(prefix: string): string {
  return `${prefix}_outbox`;
}
