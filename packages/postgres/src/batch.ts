import {
  type BatchOutcome,
  type OutboxBatch,
  storeRefusals,
  type WaitingRow,
} from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { isRefusal, storeError } from "./errors.js";
import { type StoredRow, storable, waitingRow } from "./rows.js";
import type { Place, Statements } from "./statements.js";

interface Parts {
  readonly statements: Statements;
  readonly timeoutMs: number;
  now(): number;
  requireOpen(): void;
  /** It holds its connection no more. */
  done(batch: Batch): void;
}

/** Rows in the transaction that locked their lanes. When its session is over, so is the lease. */
export class Batch implements OutboxBatch {
  readonly rows: readonly WaitingRow[];
  readonly #places: ReadonlyMap<string, Place>;
  readonly #connection: Connection;
  readonly #parts: Parts;
  #over = false;

  constructor(rows: readonly StoredRow[], connection: Connection, parts: Parts) {
    this.rows = rows.map(waitingRow);
    this.#places = new Map(rows.map(({ place, lane }) => [place, { place, lane }]));
    this.#connection = connection;
    this.#parts = parts;
    connection.whenLost(() => this.drop());
  }

  async end(outcome: BatchOutcome): Promise<void> {
    this.#parts.requireOpen();
    if (this.#over) throw storeRefusals.leaseLost();
    this.#over = true;
    try {
      await this.#write(outcome);
      this.#release(false);
    } catch (error) {
      this.#release(true);
      throw isRefusal(error) ? storeError(error, "ending a batch of the outbox") : storeRefusals.leaseLost();
    }
  }

  /** Gives the rows back: the server rolls back what has lost its connection. */
  drop(): void {
    this.#over = true;
    this.#release(true);
  }

  async #write({ published, refused = [] }: BatchOutcome): Promise<void> {
    const { client } = this.#connection;
    const { statements, timeoutMs, now } = this.#parts;
    const causes = refused.filter(({ place }) => this.#places.has(place));
    if (causes.length > 0) {
      await client.query(statements.refuse(this.#own(causes.map(({ place }) => place))), [
        causes.map(({ place }) => place),
        causes.map(({ code }) => storable(code)),
        causes.map(({ message }) => storable(message)),
        now(),
      ]);
    }
    await this.#connection.ask(statements.end(this.#own(published)), timeoutMs);
  }

  /** Those that are its own, in its own order. */
  #own(places: readonly string[]): readonly Place[] {
    const named = new Set(places);
    return [...this.#places.values()].filter(({ place }) => named.has(place));
  }

  #release(broken: boolean): void {
    this.#connection.release(broken);
    this.#parts.done(this);
  }
}
