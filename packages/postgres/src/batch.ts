import {
  type BatchOutcome,
  type OutboxBatch,
  storeRefusals,
  type WaitingRow,
} from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { isRefusal, storeError } from "./errors.js";
import { storable } from "./rows.js";
import type { Statements } from "./statements.js";

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
  readonly #connection: Connection;
  readonly #parts: Parts;
  #over = false;

  constructor(rows: readonly WaitingRow[], connection: Connection, parts: Parts) {
    this.rows = rows;
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
    const own = new Set(this.rows.map(({ place }) => place));
    const causes = refused.filter(({ place }) => own.has(place));
    if (causes.length > 0) {
      await client.query(statements.refuse, [
        causes.map(({ place }) => place),
        causes.map(({ code }) => storable(code)),
        causes.map(({ message }) => storable(message)),
        now(),
      ]);
    }
    await this.#connection.ask(statements.end(published.filter((place) => own.has(place))), timeoutMs);
  }

  #release(broken: boolean): void {
    this.#connection.release(broken);
    this.#parts.done(this);
  }
}
