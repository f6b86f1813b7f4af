import {
  type BatchOutcome,
  type OutboxBatch,
  storeRefusals,
  type WaitingRow,
} from "@meshwright/core/adapter";
import type { Connection } from "../connection.js";
import { stored } from "./rows.js";
import type { Statements } from "./statements.js";

/** A lane as it was taken. Whoever takes it next raises the epoch. */
export interface Lease {
  readonly lane: number;
  readonly epoch: number;
}

interface Parts {
  readonly owner: string;
  readonly leases: readonly Lease[];
  readonly statements: Statements;
  now(): number;
  /** Runs it in a transaction. */
  end(run: (db: Connection) => boolean): Promise<boolean>;
}

/** Rows of lanes that are leased. A lease that has run out is still good while nobody has taken the lane. */
export class Batch implements OutboxBatch {
  readonly rows: readonly WaitingRow[];
  readonly #parts: Parts;

  constructor(rows: readonly WaitingRow[], parts: Parts) {
    this.rows = rows;
    this.#parts = parts;
  }

  async end(outcome: BatchOutcome): Promise<void> {
    if (!(await this.#parts.end((db) => this.#end(db, outcome)))) throw storeRefusals.leaseLost();
  }

  /** Frees its lanes. Unless it still had all of them, nothing else is done. */
  #end(db: Connection, { published, refused = [] }: BatchOutcome): boolean {
    const { owner, leases, statements, now } = this.#parts;
    const kept = leases.filter(({ lane, epoch }) => db.run(statements.release, lane, owner, epoch) === 1);
    if (kept.length < leases.length) return false;
    const own = new Set(this.rows.map(({ place }) => place));
    const causes = refused.filter(({ place }) => own.has(place));
    for (const { place, code, message } of causes) {
      db.run(statements.refuse, stored(code), stored(message), now(), Number(place));
    }
    const gone = [...published.filter((place) => own.has(place)), ...causes.map(({ place }) => place)];
    db.run(statements.published, `[${gone.join()}]`);
    return true;
  }
}
