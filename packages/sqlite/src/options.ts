import { type Duration, durationMs, optionChecks } from "@meshwright/core/adapter";
import type { Database } from "./driver.js";

const { count, invalid, positive } = optionChecks("sqliteBroker", "SQLITE_OPTIONS_INVALID");

/** How much of a channel is kept. What a group has not settled is kept in any case, unless `hardLimit` says otherwise. */
export interface RetentionOptions {
  /** Settled messages older than this may go. Default "7d". */
  readonly maxAge?: Duration;
  /** Settled messages beyond the newest so many may go. Default: no limit. */
  readonly maxMessages?: number;
  /** Messages beyond it go even if a group has not settled them; that group is told of the gap (B17). Default: none. */
  readonly hardLimit?: { readonly maxMessages: number };
  /** How often a process looks for what may go. Default "1m". */
  readonly interval?: Duration;
}

/** Options of `sqliteBroker`. Exactly one of `path` and `database` is given. */
export interface SqliteBrokerOptions {
  /** The file; created if missing, its folder must exist. ":memory:" keeps everything in this process, for tests. */
  readonly path?: string;
  /**
   * An open `DatabaseSync` of `node:sqlite` or `@photostructure/sqlite`. It is used, never closed, and its settings
   * (journal mode, synchronous, busy timeout) are left as they are.
   */
  readonly database?: Database;
  /**
   * How long a process may be silent before what it held goes to others. Renewed every third of it, also while a
   * handler runs; a thread blocked for longer loses what it holds. Default "10s".
   */
  readonly lease?: Duration;
  /**
   * "full" (default): a confirmed message survives power loss. "normal": it survives the death of every process, but
   * the last commits may be lost when the machine itself goes down.
   */
  readonly durability?: "full" | "normal";
  readonly retention?: RetentionOptions;
  /**
   * Behind the wake-up, which is immediate: how often a waiting subscription looks by itself, in case a process died
   * between its commit and its signal. Default "1s".
   */
  readonly pollInterval?: Duration;
  /** How long to go on trying while other processes hold the write lock. The event loop stays free. Default "5s". */
  readonly busyTimeout?: Duration;
}

export interface Settings {
  readonly path: string | undefined;
  readonly database: Database | undefined;
  readonly leaseMs: number;
  readonly synchronous: "FULL" | "NORMAL";
  readonly retention: RetentionSettings;
  readonly pollMs: number;
  readonly busyMs: number;
}

export interface RetentionSettings {
  readonly maxAgeMs: number;
  readonly maxMessages: number | undefined;
  readonly hardLimit: number | undefined;
  readonly intervalMs: number;
}

/** Checks the options and fills in the defaults. */
export function settingsFrom(options: SqliteBrokerOptions): Settings {
  if ((options.path === undefined) === (options.database === undefined)) {
    throw invalid(
      "give either `path` (a file) or `database` (an open DatabaseSync), not both and not neither",
    );
  }
  if (options.path === "") throw invalid("`path` is empty: name the file");
  const durability = options.durability ?? "full";
  if (durability !== "full" && durability !== "normal") {
    throw invalid('`durability` is "full" or "normal"');
  }
  return {
    path: options.path,
    database: options.database,
    leaseMs: positive(options.lease ?? "10s", "lease"),
    synchronous: durability === "full" ? "FULL" : "NORMAL",
    retention: retentionFrom(options.retention ?? {}),
    pollMs: positive(options.pollInterval ?? "1s", "pollInterval"),
    busyMs: durationMs(options.busyTimeout ?? "5s", "busyTimeout"),
  };
}

function retentionFrom(options: RetentionOptions): RetentionSettings {
  return {
    maxAgeMs: durationMs(options.maxAge ?? "7d", "retention.maxAge"),
    maxMessages: count(options.maxMessages, "retention.maxMessages"),
    hardLimit: count(options.hardLimit?.maxMessages, "retention.hardLimit.maxMessages"),
    intervalMs: positive(options.interval ?? "1m", "retention.interval"),
  };
}
