import {
  backlogOf,
  type Cancel,
  type Outbox,
  type OutboxBacklog,
  type OutboxBatch,
  type RefusedRow,
} from "@meshwright/core/adapter";
import type { Pool, QueryResult } from "pg";
import { Batch } from "./batch.js";
import { type Connection, checkOut } from "./connection.js";
import { storeError } from "./errors.js";
import type { Notices } from "./notices.js";
import { lanes, type StoredRow, waitingRow } from "./rows.js";
import type { Statements } from "./statements.js";

interface Parts {
  readonly pool: Pool;
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly notices: Notices;
  now(): number;
  /** @throws StoreError `STORE_NOT_OPEN`, `STORE_CLOSED` */
  statements(): Statements;
  /** Work that `close` waits for. */
  underWay<T>(work: () => Promise<T>): Promise<T>;
}

interface StoredRefusal extends StoredRow {
  readonly code: string;
  readonly reason: string;
  readonly refused_ms: string;
}

export class PostgresOutbox implements Outbox {
  readonly #parts: Parts;
  readonly #batches: Set<Batch> = new Set();
  #half = 0;
  /** The last look found nothing. */
  #idle = true;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async take(limit: number): Promise<OutboxBatch | undefined> {
    const statements = this.#parts.statements();
    return this.#parts.underWay(() => this.#take(statements, Math.max(1, Math.trunc(limit))));
  }

  watch(changed: () => void): Cancel {
    return this.#parts.notices.watch(changed);
  }

  async backlog(): Promise<OutboxBacklog> {
    const { rows: found } = await this.#query<{ rows: string; refused: string; oldest_ms: string | null }>(
      this.#parts.statements().backlog,
      [],
      "counting the outbox",
    );
    const { rows = "0", refused = "0", oldest_ms: oldest = null } = found[0] ?? {};
    return backlogOf({
      rows: Number(rows),
      refused: Number(refused),
      oldestMs: oldest === null ? null : Math.round(Number(oldest)),
    });
  }

  async refused(): Promise<readonly RefusedRow[]> {
    const { rows } = await this.#query<StoredRefusal>(
      this.#parts.statements().refused,
      [],
      "reading the shelf",
    );
    return rows.map((row) => ({
      ...waitingRow(row),
      code: row.code,
      reason: row.reason,
      refusedAt: Number(row.refused_ms),
    }));
  }

  async restore(places: readonly string[]): Promise<number> {
    const restored = await this.#change(this.#parts.statements().restore, places, "restoring refused rows");
    if (restored > 0) this.#parts.notices.committed();
    return restored;
  }

  async remove(places: readonly string[]): Promise<number> {
    return this.#change(this.#parts.statements().remove, places, "removing refused rows");
  }

  /** Gives back what is with relays of this store. */
  dropBatches(): void {
    for (const batch of [...this.#batches]) batch.drop();
  }

  async #take(statements: Statements, limit: number): Promise<OutboxBatch | undefined> {
    let connection: Connection | undefined;
    try {
      connection = await checkOut(this.#parts.pool);
      const rows = await this.#rows(connection, statements, limit);
      if (rows.length > 0) return this.#batch(rows, connection, statements);
      connection.release();
      return undefined;
    } catch (error) {
      connection?.release(true);
      throw storeError(error, "taking from the outbox");
    }
  }

  /** From one half of the lanes, or else from the other. A relay that has one leaves the other to others. */
  async #rows(connection: Connection, statements: Statements, limit: number): Promise<readonly StoredRow[]> {
    const { leaseMs, timeoutMs } = this.#parts;
    const first = await this.#firstHalf(connection, statements);
    if (first === undefined) return [];
    for (const half of [first, 1 - first]) {
      const answers = await connection.ask(statements.take(half, limit, leaseMs), timeoutMs);
      const rows: StoredRow[] = [answers].flat().at(-1)?.rows ?? [];
      this.#idle = rows.length === 0;
      if (!this.#idle) return rows;
      await connection.ask("ROLLBACK", timeoutMs);
    }
    return [];
  }

  /** The one whose turn it is. After a time without rows a look comes first, which costs less than a transaction. */
  async #firstHalf(connection: Connection, { look }: Statements): Promise<number | undefined> {
    this.#half = 1 - this.#half;
    if (!this.#idle) return this.#half;
    const answers = await connection.ask(look, this.#parts.timeoutMs);
    const lane: string | undefined = [answers].flat()[0]?.rows[0]?.lane;
    return lane === undefined ? undefined : Math.floor((2 * Number(lane)) / lanes);
  }

  #batch(rows: readonly StoredRow[], connection: Connection, statements: Statements): Batch {
    const { now, timeoutMs } = this.#parts;
    const batch = new Batch(rows, connection, {
      statements,
      timeoutMs,
      now,
      requireOpen: () => void this.#parts.statements(),
      done: (one) => void this.#batches.delete(one),
    });
    this.#batches.add(batch);
    return batch;
  }

  async #change(text: string, places: readonly string[], doing: string): Promise<number> {
    const { rowCount } = await this.#query(text, [places.filter(isPlace)], doing);
    return rowCount ?? 0;
  }

  async #query<Row extends object>(
    text: string,
    values: unknown[],
    doing: string,
  ): Promise<QueryResult<Row>> {
    const { pool, underWay } = this.#parts;
    try {
      return await underWay(() => pool.query<Row>(text, values));
    } catch (error) {
      throw storeError(error, doing);
    }
  }
}

/** Whether it can name a row at all. */
function isPlace(place: string): boolean {
  return /^[1-9]\d{0,17}$/.test(place);
}
