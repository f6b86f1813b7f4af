import {
  type Claim,
  type LogAccess,
  type OutboxRow,
  type Store,
  storeRefusals,
  type Transaction,
  type TransactionDocuments,
} from "@meshwright/core/adapter";
import type { PoolClient } from "pg";
import { Appends } from "./appends.js";
import { HeldCheckpoints } from "./checkpoints.js";
import { textKey } from "./claims.js";
import { statusOf } from "./connection.js";
import { transactionDocuments } from "./documents/documents.js";
import { isLostRace, sqlState, storeError } from "./errors.js";
import type { Answer, Session } from "./session.js";
import type { BoundStatement, Statement } from "./statement.js";
import type { Statements, Writes } from "./statements.js";
import { logOn } from "./streams/log.js";
import type { Numbering } from "./streams/numbering.js";
import { takesCommit } from "./with-commit.js";

/** What a transaction needs of a client: pg's `query`. Other drivers' clients may have it too. */
export interface Queryable {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rowCount: number | null; readonly rows: readonly unknown[] }>;
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
  readonly numbering: Numbering;
  /** Whether it is stricter than READ COMMITTED, unless it says otherwise itself. */
  readonly isStrict: boolean;
  now(): number;
  /** Whether it may be used no more, and why. */
  ended(): Error | undefined;
  /** Rows were appended, or events. */
  appended(): void;
}

/** The mesh's part of a transaction, whoever began it. */
export class PostgresTransaction implements Transaction<PoolClient> {
  readonly client: PoolClient;
  readonly appends: Appends;
  readonly #driver: Queryable;
  readonly #parts: Parts;
  /** Few transactions use these, so they are made where one does. */
  #documents: TransactionDocuments | undefined;
  #checkpoints: HeldCheckpoints | undefined;
  #log: LogAccess | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** It is known to be in the store's database. */
  #isHere: boolean;

  /**
   * @param client - what the service uses
   * @param driver - what is behind it
   */
  constructor(client: PoolClient, driver: Queryable, parts: Parts) {
    this.client = client;
    this.#driver = driver;
    this.#parts = parts;
    this.#isHere = !parts.foreign;
    this.appends = new Appends({
      writes: this.#writes,
      prepare: parts.prepare,
      // Of a client of somebody else's the commit is not ours.
      canWait: !parts.foreign && takesCommit(driver),
      run: async (statement) => {
        const { count } = await this.#once(statement, "appending to the outbox");
        if (count === 0) throw storeRefusals.otherDatabase();
      },
      inTurn: (work) => this.#inTurn(work),
    });
  }

  get store(): Store<PoolClient> {
    return this.#parts.store;
  }

  get documents(): TransactionDocuments {
    const { statements } = this.#parts;
    this.#documents ??= transactionDocuments({
      session: this.#session,
      statements: () => statements.documents,
    });
    return this.#documents;
  }

  get log(): LogAccess {
    const { statements, numbering, isStrict, appended } = this.#parts;
    this.#log ??= logOn({
      session: this.#session,
      statements: () => statements.streams,
      isTransaction: true,
      number: numbering.someBeside,
      ...(isStrict ? { beforePage: numbering.allBeside } : {}),
      appended,
    });
    return this.#log;
  }

  async append(rows: readonly OutboxRow[]): Promise<void> {
    this.#requireTransaction();
    if (rows.length === 0) return;
    const sent = this.appends.add(rows);
    if (sent !== undefined) await sent;
    this.#parts.appended();
  }

  async claim({ group, source, id }: Claim): Promise<boolean> {
    const values = [textKey(group), textKey(source), textKey(id), this.#parts.now()];
    const { count } = await this.#run(this.#writes.claim, values, "claiming an event");
    if (!this.#parts.foreign) return count === 1;
    if (count === 0) throw storeRefusals.otherDatabase();
    return count === 2;
  }

  get #session(): Session {
    return {
      ask: async (statement, values, doing) => {
        await this.#requireHere();
        return this.#run(statement, values, doing);
      },
      requireUsable: () => this.#requireTransaction(),
    };
  }

  get #held(): HeldCheckpoints {
    const { statements, now } = this.#parts;
    this.#checkpoints ??= new HeldCheckpoints({
      session: this.#session,
      statements: () => statements.checkpoints,
      now,
    });
    return this.#checkpoints;
  }

  get #writes(): Writes {
    const { foreign, statements } = this.#parts;
    return foreign ? statements.guarded : statements;
  }

  hold(checkpoint: string): Promise<number | undefined> {
    return this.#held.hold(checkpoint);
  }

  move(checkpoint: string, position: number): Promise<void> {
    return this.#held.move(checkpoint, position);
  }

  /** Before anything but `append` and `claim`, which find it out themselves. */
  async #requireHere(): Promise<void> {
    if (this.#isHere) return;
    const { count } = await this.#run(this.#parts.statements.here, [], "looking which database this is");
    if (count === 0) throw storeRefusals.otherDatabase();
    this.#isHere = true;
  }

  #run<Row>(statement: Statement, values: readonly unknown[], doing: string): Promise<Answer<Row>> {
    return this.#inTurn(() => this.#once<Row>({ ...statement, values }, doing));
  }

  /** One after another: pg keeps no more than one waiting without a warning, and other drivers need not keep the order. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #once<Row>(statement: BoundStatement, doing: string): Promise<Answer<Row>> {
    this.#requireTransaction();
    try {
      const { rowCount, rows } = await this.#query(statement);
      // Of what was asked for, whoever the driver is.
      return { rows: rows as readonly Row[], count: rowCount ?? 0 };
    } catch (error) {
      if (isLostRace(error)) throw storeRefusals.conflict(error);
      // The store is open, so its own database has the tables.
      if (this.#parts.foreign && sqlState(error) === "42P01") throw storeRefusals.otherDatabase(error);
      throw storeError(error, doing);
    }
  }

  #query({ name, text, values: given }: BoundStatement): ReturnType<Queryable["query"]> {
    const [driver, values] = [this.#driver, [...given]];
    // pg's own client; others may know no names.
    if (this.#parts.prepare && name !== undefined && statusOf(driver) !== undefined) {
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
