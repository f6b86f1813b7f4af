/**
 * The one place that knows where SQLite comes from: the runtime's own `node:sqlite` where it has it, else
 * `@photostructure/sqlite`, which has the same API. Loaded when a broker or a store opens, not when the package is imported.
 */

/** What SQLite stores, as far as it is used here. */
export type SqlValue = null | number | string | Uint8Array;

/** The part of a prepared statement that is used here. */
export interface Statement {
  run(...parameters: SqlValue[]): { readonly changes: number | bigint };
  get(...parameters: SqlValue[]): unknown;
  all(...parameters: SqlValue[]): unknown[];
}

/** The part of `DatabaseSync` that is used here. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
  readonly isTransaction?: boolean;
  location?(): string | null;
}

export type DriverName = "node:sqlite" | "@photostructure/sqlite";

interface OpenOptions {
  readonly readOnly?: boolean;
}

interface Driver {
  readonly DatabaseSync: new (path: string, options?: OpenOptions) => Database;
}

/**
 * Which SQLite this runtime uses: "node:sqlite" (Node 22.13 and newer) or "@photostructure/sqlite".
 *
 * @example driverName() // "node:sqlite"
 */
export function driverName(): DriverName {
  return builtin() ? "node:sqlite" : "@photostructure/sqlite";
}

export async function openDatabase(path: string, options: OpenOptions = {}): Promise<Database> {
  const driver = builtin() ?? (await import("@photostructure/sqlite"));
  return new driver.DatabaseSync(path, options);
}

// Asked for by name at run time: an import of "node:sqlite" would fail on Node 20 and confuse bundlers.
function builtin(): Driver | undefined {
  return process.getBuiltinModule?.("node:sqlite");
}
