import { type Duration, optionChecks } from "@meshwright/core/adapter";
import type { Pool, PoolConfig } from "pg";

const { invalid, positive } = optionChecks("postgresStore", "POSTGRES_OPTIONS_INVALID");

/** What the tables are called, and where they are. */
export interface NameOptions {
  /** The tables' names begin with it: `mw_outbox`. Lower-case letters, digits and `_`, at most 31. Default "mw". */
  readonly prefix?: string;
  /** The schema of the tables, written like a prefix. Default: what the connection's `search_path` says. */
  readonly schema?: string;
}

/** Options of `postgresStore`. Exactly one of `pool`, `url` and `config` is given. */
export interface PostgresStoreOptions extends NameOptions {
  /** The service's own pool. It is used, and never closed. */
  readonly pool?: Pool;
  /** "postgres://user:password@host:5432/database", for a pool of its own, closed by `close`. */
  readonly url?: string;
  /** Options of pg, for a pool of its own: TLS, size, timeouts. */
  readonly config?: PoolConfig;
  /**
   * How long a relay, or a transaction that holds a checkpoint, may be silent before the server ends its session and another
   * one takes over. Longer than the broker takes to confirm a batch. Default "30s".
   */
  readonly lease?: Duration;
  /**
   * How long the server may leave BEGIN, COMMIT, a relay's statements and reading outside of transactions unanswered before the
   * connection is dropped, as when a network is cut silently. Statements of the service and what writes may wait for other
   * transactions and are not counted. Default "30s".
   */
  readonly timeout?: Duration;
  /** Prepared statements. Off for poolers between transactions that do not know them. Default true. */
  readonly prepare?: boolean;
}

export interface Settings {
  readonly source: PoolSource;
  readonly prefix: string;
  readonly schema: string | undefined;
  /** Whole milliseconds, as the server counts. */
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly prepare: boolean;
}

export type PoolSource = { readonly pool: Pool } | { readonly config: PoolConfig };

/** Checks the options and fills in the defaults. */
export function settingsFrom(options: PostgresStoreOptions): Settings {
  return {
    ...namesFrom(options),
    source: sourceFrom(options),
    leaseMs: wholeMs(options.lease ?? "30s", "lease"),
    timeoutMs: wholeMs(options.timeout ?? "30s", "timeout"),
    prepare: options.prepare ?? true,
  };
}

/** @throws ConfigurationError `POSTGRES_OPTIONS_INVALID` */
export function namesFrom({ prefix = "mw", schema }: NameOptions): {
  readonly prefix: string;
  readonly schema: string | undefined;
} {
  requireName(prefix, "prefix");
  if (schema !== undefined) requireName(schema, "schema");
  return { prefix, schema };
}

function requireName(name: string, option: string): void {
  if (typeof name === "string" && /^[a-z][a-z0-9_]{0,30}$/.test(name)) return;
  throw invalid(
    `\`${option}\` must be lower-case letters, digits and _, begin with a letter and have at most 31 characters`,
  );
}

function sourceFrom({ pool, url, config }: PostgresStoreOptions): PoolSource {
  const given = [pool, url, config].filter((one) => one !== undefined);
  if (given.length !== 1) throw invalid("give exactly one of `pool`, `url` and `config`");
  if (pool !== undefined) return { pool };
  if (config !== undefined) return { config };
  if (url === undefined || !/^postgres(ql)?:/.test(url) || !URL.canParse(url)) {
    throw invalid('`url` is no URL of PostgreSQL. Write it like "postgres://user@localhost:5432/database"');
  }
  return { config: { connectionString: url } };
}

/** The server counts in 32 bits, and takes 0 for "never". */
function wholeMs(duration: Duration, name: string): number {
  const ms = Math.ceil(positive(duration, name));
  if (ms <= 0x7fffffff) return ms;
  throw invalid(`\`${name}\` must be shorter than 24 days`);
}
