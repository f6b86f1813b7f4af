/** What a transaction's work uses of the handle, and only as long as the transaction lasts. */
import { storeRefusals } from "@meshwright/core/adapter";
import type { Database, SqlValue, Statement } from "../driver.js";
import { endedEarly } from "./errors.js";

/** A value, or an object of named ones. */
export type SqliteParameter = SqlValue | bigint | { readonly [name: string]: SqlValue | bigint };

/** A prepared statement of a transaction. */
export interface SqliteStatement {
  run(...parameters: SqliteParameter[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  get(...parameters: SqliteParameter[]): unknown;
  all(...parameters: SqliteParameter[]): unknown[];
}

/** A handle within a transaction: `DatabaseSync` without what is not for its work. */
export interface SqliteClient {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  readonly isTransaction?: boolean;
}

/** A client that can be used until it is taken back. */
export interface Lent {
  readonly client: SqliteClient;
  /** @throws StoreError `STORE_TX_ENDED`, `SQLITE_TX_ENDED_EARLY` */
  requireUsable(): void;
  /** From now on every use of it is refused. */
  end(): void;
}

/** A handler that ran out of time may hold it for longer: the handle is then in somebody else's transaction. */
export function lend(database: Database): Lent {
  let ended = false;
  const requireUsable = (): void => {
    if (ended) throw storeRefusals.ended();
    // Outside of the transaction what follows would be committed by itself.
    if (database.isTransaction === false) throw endedEarly();
  };
  const use = <T>(run: () => T): T => {
    requireUsable();
    return run();
  };
  const lentStatement = (statement: Statement): SqliteStatement => {
    // The driver takes more than the broker gives it.
    const { run, get, all } = statement as unknown as SqliteStatement;
    return {
      run: (...parameters) => use(() => run.apply(statement, parameters)),
      get: (...parameters) => use(() => get.apply(statement, parameters)),
      all: (...parameters) => use(() => all.apply(statement, parameters)),
    };
  };
  return {
    client: {
      exec: (sql) => use(() => database.exec(sql)),
      prepare: (sql) => use(() => lentStatement(database.prepare(sql))),
      get isTransaction() {
        return !ended && database.isTransaction !== false;
      },
    },
    requireUsable,
    end: () => {
      ended = true;
    },
  };
}
