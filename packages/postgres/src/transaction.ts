import {
  type Claim,
  type OutboxRow,
  type Store,
  storeRefusals,
  type Transaction,
} from "@meshwright/core/adapter";
import type { PoolClient } from "pg";
import { textKey } from "./claims.js";
import { statusOf } from "./connection.js";
import { isLostRace, sqlState, storeError } from "./errors.js";
import { columns, valuesOf } from "./rows.js";
import type { Statement, Statements, Writes } from "./statements.js";

/** What a transaction needs of a client: pg's `query`. Other drivers' clients may have it too. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ readonly rowCount: number | null }>;
  /** As pg has it: "I" outside of a transaction. */
  getTransactionStatus?(): string | null;
}

interface Parts {
  readonly store: Store<PoolClient>;
  readonly statements: Statements;
  /** By name, where the client is pg's own. */
  readonly prepare: boolean;
  /** The client is the caller's: it may be in another database. */
  readonly foreign: boolean;
  now(): number;
  /** Whether it may be used no more, and why. */
  ended(): Error | undefined;
  /** Rows were appended. */
  appended(): void;
}

/** The mesh's part of a transaction, whoever began it. */
export class PostgresTransaction implements Transaction<PoolClient> {
  readonly client: PoolClient;
  readonly #driver: Queryable;
  readonly #parts: Parts;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param client - what the service uses
   * @param driver - what is behind it
   */
  constructor(client: PoolClient, driver: Queryable, parts: Parts) {
    this.client = client;
    this.#driver = driver;
    this.#parts = parts;
  }

  get store(): Store<PoolClient> {
    return this.#parts.store;
  }

  async append(rows: readonly OutboxRow[]): Promise<void> {
    const [first] = rows;
    this.#requireTransaction();
    if (first === undefined) return;
    const { appendOne, appendMany } = this.#writes;
    const doing = "appending to the outbox";
    const appended =
      rows.length === 1
        ? await this.#run(appendOne, [...valuesOf(first)], doing)
        : await this.#run(appendMany, byColumn(rows), doing);
    if (appended === 0) throw storeRefusals.otherDatabase();
    this.#parts.appended();
  }

  async claim({ group, source, id }: Claim): Promise<boolean> {
    const values = [textKey(group), textKey(source), textKey(id), this.#parts.now()];
    const count = await this.#run(this.#writes.claim, values, "claiming an event");
    if (!this.#parts.foreign) return count === 1;
    if (count === 0) throw storeRefusals.otherDatabase();
    return count === 2;
  }

  get #writes(): Writes {
    const { foreign, statements } = this.#parts;
    return foreign ? statements.guarded : statements;
  }

  /** One after another: pg keeps no more than one waiting without a warning. */
  #run(statement: Statement, values: unknown[], doing: string): Promise<number> {
    const done = this.#turn.then(() => this.#once(statement, values, doing));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #once({ name, text }: Statement, values: unknown[], doing: string): Promise<number> {
    this.#requireTransaction();
    try {
      const { rowCount } = await this.#query(name, text, values);
      return rowCount ?? 0;
    } catch (error) {
      if (isLostRace(error)) throw storeRefusals.conflict(error);
      // The store is open, so its own database has the tables.
      if (this.#parts.foreign && sqlState(error) === "42P01") throw storeRefusals.otherDatabase(error);
      throw storeError(error, doing);
    }
  }

  #query(name: string, text: string, values: unknown[]): Promise<{ readonly rowCount: number | null }> {
    const driver = this.#driver;
    // pg's own client; others may know no names.
    if (this.#parts.prepare && statusOf(driver) !== undefined) {
      return (driver as PoolClient).query({ name, text, values });
    }
    return driver.query(text, values);
  }

  #requireTransaction(): void {
    const ended = this.#parts.ended();
    if (ended !== undefined) throw ended;
    if (statusOf(this.#driver) === "I") throw storeRefusals.noTransaction();
  }
}

function byColumn(rows: readonly OutboxRow[]): unknown[] {
  const values = rows.map(valuesOf);
  return columns.map((_, at) => values.map((row) => row[at]));
}
