import type {
  Claim,
  LogAccess,
  OutboxRow,
  Store,
  Transaction,
  TransactionDocuments,
} from "@meshwright/core/adapter";
import type { Connection } from "../connection.js";
import { HeldCheckpoints } from "./checkpoints.js";
import type { SqliteClient } from "./client.js";
import { listDocuments, readDocuments, writeDocuments } from "./documents.js";
import { storeError } from "./errors.js";
import { lostRace } from "./handle.js";
import { appendEvents, readPage, readStream } from "./log.js";
import { stored, valuesOf } from "./rows.js";
import type { Statements } from "./statements.js";

interface Parts {
  readonly store: Store<SqliteClient>;
  readonly statements: Statements;
  now(): number;
  /** @throws StoreError when it may be used no more */
  requireUsable(): void;
  /** Rows or events were appended. */
  appended(): void;
}

/** The mesh's part of a transaction, whoever began it. */
export class SqliteTransaction implements Transaction<SqliteClient> {
  readonly client: SqliteClient;
  readonly documents: TransactionDocuments;
  readonly log: LogAccess;
  readonly #db: Connection;
  readonly #parts: Parts;
  readonly #held = new HeldCheckpoints();

  /**
   * @param client - what the service uses
   * @param db - what is behind it
   */
  constructor(client: SqliteClient, db: Connection, parts: Parts) {
    this.client = client;
    this.#db = db;
    this.#parts = parts;
    this.documents = this.#documents();
    this.log = this.#log();
  }

  get store(): Store<SqliteClient> {
    return this.#parts.store;
  }

  async append(rows: readonly OutboxRow[]): Promise<void> {
    const { statements, now } = this.#parts;
    this.#run("appending to the outbox", () => {
      const at = now();
      const values = rows.map(valuesOf);
      for (const row of values) this.#db.run(statements.append, ...row, at);
    });
    if (rows.length > 0) this.#parts.appended();
  }

  async claim({ group, source, id }: Claim): Promise<boolean> {
    const { statements, now } = this.#parts;
    const values = [stored(group), stored(source), stored(id), now()];
    return this.#run("claiming an event", () => this.#db.run(statements.claim, ...values) === 1);
  }

  /** SQLite has one writer: who has the lock holds every checkpoint, and others wait for it. */
  async hold(checkpoint: string): Promise<number> {
    const { checkpoints } = this.#parts.statements;
    return this.#run("holding a checkpoint", () => this.#held.hold(this.#db, checkpoints, checkpoint));
  }

  async move(checkpoint: string, position: number): Promise<void> {
    const { statements, now } = this.#parts;
    this.#run("moving a checkpoint", () =>
      this.#held.move(this.#db, statements.checkpoints, { name: checkpoint, position, movedAt: now() }),
    );
  }

  #documents(): TransactionDocuments {
    const db = this.#db;
    const { documents } = this.#parts.statements;
    return {
      read: async (collection, keys) =>
        this.#run("reading documents", () => readDocuments(db, documents, collection, keys)),
      list: async (collection, options) =>
        this.#run("reading documents", () => listDocuments(db, documents, collection, options)),
      write: async (collection, changes) =>
        this.#run("writing documents", () => writeDocuments(db, documents, collection, changes)),
    };
  }

  #log(): LogAccess {
    const db = this.#db;
    const { statements, appended } = this.#parts;
    return {
      append: async (append) => {
        const answer = this.#run("appending to a stream", () => appendEvents(db, statements.log, append));
        if ("written" in answer && append.events.length > 0) appended();
        return answer;
      },
      read: async (read) => this.#run("reading a stream", () => readStream(db, statements.log, read)),
      page: async (page) => this.#run("reading the log", () => readPage(db, statements.log, page)),
    };
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
