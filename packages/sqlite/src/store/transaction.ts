import type { Claim, OutboxRow, Store, Transaction } from "@meshwright/core/adapter";
import type { Connection } from "../connection.js";
import type { SqliteClient } from "./client.js";
import { storeError } from "./errors.js";
import { lostRace } from "./handle.js";
import { stored, valuesOf } from "./rows.js";
import type { Statements } from "./statements.js";

interface Parts {
  readonly store: Store<SqliteClient>;
  readonly statements: Statements;
  now(): number;
  /** @throws StoreError when it may be used no more */
  requireUsable(): void;
  /** Rows were appended. */
  appended(): void;
}

/** The mesh's part of a transaction, whoever began it. */
export class SqliteTransaction implements Transaction<SqliteClient> {
  readonly client: SqliteClient;
  readonly #db: Connection;
  readonly #parts: Parts;

  /**
   * @param client - what the service uses
   * @param db - what is behind it
   */
  constructor(client: SqliteClient, db: Connection, parts: Parts) {
    this.client = client;
    this.#db = db;
    this.#parts = parts;
  }

  get store(): Store<SqliteClient> {
    return this.#parts.store;
  }

  async append(rows: readonly OutboxRow[]): Promise<void> {
    const { append } = this.#parts.statements;
    this.#run("appending to the outbox", () => {
      const values = rows.map(valuesOf);
      for (const row of values) this.#db.run(append, ...row);
    });
    if (rows.length > 0) this.#parts.appended();
  }

  async claim({ group, source, id }: Claim): Promise<boolean> {
    const { statements, now } = this.#parts;
    const values = [stored(group), stored(source), stored(id), now()];
    return this.#run("claiming an event", () => this.#db.run(statements.claim, ...values) === 1);
  }

  #run<T>(doing: string, run: () => T): T {
    try {
      this.#parts.requireUsable();
      return run();
    } catch (error) {
      throw lostRace(error) ?? storeError(error, doing);
    }
  }
}
