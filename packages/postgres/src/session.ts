/** Where statements run: in a transaction, or each by itself on the pool. */
import { storeRefusals } from "@meshwright/core/adapter";
import type { Pool, QueryConfig, QueryResult } from "pg";
import { isLostRace, storeError } from "./errors.js";
import { runTransaction } from "./run.js";
import type { Statement } from "./statement.js";

export interface Session {
  /**
   * @param doing - for errors: "reading a stream"
   * @throws StoreError `STORE_CONFLICT` where it lost against another transaction
   */
  ask<Row>(statement: Statement, values: readonly unknown[], doing: string): Promise<Answer<Row>>;
  /** @throws StoreError where `ask` would not even begin */
  requireUsable(): void;
}

export interface Answer<Row> {
  readonly rows: readonly Row[];
  /** Of the rows that were written or read. */
  readonly count: number;
}

interface Parts {
  readonly pool: Pool;
  readonly prepare: boolean;
  /** For reading alone: writing may wait for transactions of others. */
  readonly timeoutMs: number;
  /** Whether transactions are stricter than READ COMMITTED unless they say otherwise. */
  isStrict(): boolean;
  /** @throws StoreError `STORE_NOT_OPEN`, `STORE_CLOSED` */
  requireUsable(): void;
  /** Work that `close` waits for. */
  underWay<T>(work: () => Promise<T>): Promise<T>;
}

/** On the pool, where each statement is a transaction of its own. */
export function poolSession(parts: Parts): Session {
  const { prepare, timeoutMs, requireUsable, underWay } = parts;
  return {
    requireUsable,
    async ask({ name, text, reads }, values, doing) {
      requireUsable();
      const query = {
        text,
        values: [...values],
        ...(prepare && name !== undefined ? { name } : {}),
        ...(reads ? { query_timeout: timeoutMs } : {}),
      };
      try {
        const { rows, rowCount } = await underWay(() => run(parts, query));
        return { rows, count: rowCount ?? 0 };
      } catch (error) {
        throw isLostRace(error) ? storeRefusals.conflict(error) : storeError(error, doing);
      }
    },
  };
}

/**
 * Where transactions are serializable, reading the log all the time would make transactions of the service fail that write to
 * it. Ours need no more than READ COMMITTED.
 */
function run({ pool, timeoutMs, isStrict }: Parts, query: QueryConfig): Promise<QueryResult> {
  if (!isStrict()) return pool.query(query);
  return runTransaction(pool, timeoutMs, async (_, driver) => {
    await driver.query("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    return driver.query(query);
  });
}
