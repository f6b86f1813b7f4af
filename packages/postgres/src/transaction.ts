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
import { isLostRace, storeError } from "./errors.js";
import { columns, valuesOf } from "./rows.js";
import type { Statement, Statements } from "./statements.js";

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
    const { appendOne, appendMany } = this.#parts.statements;
    if (rows.length === 1) await this.#run(appendOne, [...valuesOf(first)], "appending to the outbox");
    else await this.#run(appendMany, byColumn(rows), "appending to the outbox");
    this.#parts.appended();
  }

  async claim({ group, source, id }: Claim): Promise<boolean> {
    const values = [textKey(group), textKey(source), textKey(id), this.#parts.now()];
    return (await this.#run(this.#parts.statements.claim, values, "claiming an event")) === 1;
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
      throw isLostRace(error) ? storeRefusals.conflict(error) : storeError(error, doing);
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
