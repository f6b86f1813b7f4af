import { type Duration, durationMs, optionChecks } from "@meshwright/core/adapter";
import type { Database } from "../driver.js";

const { invalid, positive } = optionChecks("sqliteStore", "SQLITE_OPTIONS_INVALID");

/** Options of `sqliteStore`. Exactly one of `path` and `database` is given. */
export interface SqliteStoreOptions {
  /** The file, on a local disk. `migrate` creates it if it is missing; its folder must exist. */
  readonly path?: string;
  /**
   * An open `DatabaseSync` of `node:sqlite` or `@photostructure/sqlite`. Transactions run on it. It is never closed, and
   * its settings (journal mode, synchronous, busy timeout) are left as they are.
   */
  readonly database?: Database;
  /** The tables' names begin with it: `mw_outbox`. Lower-case letters, digits and `_`, at most 31. Default "mw". */
  readonly prefix?: string;
  /**
   * How long a relay may be silent before its rows go to another. Longer than the broker takes to confirm a batch.
   * Default "30s".
   */
  readonly lease?: Duration;
  /** How long to go on trying while others hold the write lock. The event loop stays free. Default "5s". */
  readonly busyTimeout?: Duration;
}

export interface StoreSettings {
  readonly path: string | undefined;
  readonly database: Database | undefined;
  readonly prefix: string;
  readonly leaseMs: number;
  readonly busyMs: number;
}

/** Checks the options and fills in the defaults. */
export function storeSettingsFrom(options: SqliteStoreOptions): StoreSettings {
  const { path, database } = options;
  if ((path === undefined) === (database === undefined)) {
    throw invalid(
      "give either `path` (a file) or `database` (an open DatabaseSync), not both and not neither",
    );
  }
  if (path === "") throw invalid("`path` is empty: name the file");
  return {
    path,
    database,
    prefix: prefixFrom(options.prefix),
    leaseMs: positive(options.lease ?? "30s", "lease"),
    busyMs: durationMs(options.busyTimeout ?? "5s", "busyTimeout"),
  };
}

/** @throws ConfigurationError `SQLITE_OPTIONS_INVALID` */
export function prefixFrom(prefix = "mw"): string {
  // SQLite keeps names that begin with "sqlite_" for itself.
  if (typeof prefix === "string" && /^(?!sqlite)[a-z][a-z0-9_]{0,30}$/.test(prefix)) return prefix;
  throw invalid(
    "`prefix` must be lower-case letters, digits and _, begin with a letter but not with `sqlite`, and have at most 31 characters",
  );
}
