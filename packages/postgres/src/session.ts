/** Where statements run: in a transaction, or each by itself on the pool. */
import { storeRefusals } from "@meshwright/core/adapter";
import type { Pool, QueryConfig } from "pg";
import { isLostRace, storeError } from "./errors.js";
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
  /** @throws StoreError `STORE_NOT_OPEN`, `STORE_CLOSED` */
  requireUsable(): void;
  /** Work that `close` waits for. */
  underWay<T>(work: () => Promise<T>): Promise<T>;
}

/** Where transactions are serializable, each of many that write the same may lose against all others in turn. */
const mostTries = 100;

/** A statement on the pool is a transaction of its own, so one that lost against another is simply run again. */
export function poolSession({ pool, prepare, timeoutMs, requireUsable, underWay }: Parts): Session {
  async function run<Row>(query: QueryConfig): Promise<Answer<Row>> {
    for (let tries = 1; ; tries++) {
      try {
        const { rows, rowCount } = await pool.query(query);
        return { rows, count: rowCount ?? 0 };
      } catch (error) {
        if (tries >= mostTries || !isLostRace(error)) throw error;
      }
    }
  }
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
        return await underWay(() => run(query));
      } catch (error) {
        throw isLostRace(error) ? storeRefusals.conflict(error) : storeError(error, doing);
      }
    },
  };
}
