/** The store: its states, and how its parts stand together. */
import {
  type Checkpoint,
  type MeshError,
  Nesting,
  type Store,
  type StoreCapabilities,
  type StoreContext,
  type StoreDocuments,
  type Streams,
  storeRefusals,
  streamsOn,
  systemClock,
  type Transaction,
  type TransactionOptions,
  UnderWay,
  withRetries,
} from "@meshwright/core/adapter";
import type { PoolClient, QueryResult, QueryResultRow } from "pg";
import { listCheckpoints } from "./checkpoints.js";
import { storeDocuments } from "./documents/documents.js";
import { storeError } from "./errors.js";
import { noticeChannel } from "./names.js";
import { Notices } from "./notices.js";
import { collect, StatementRunner } from "./one-statement.js";
import { type PostgresStoreOptions, type Settings, settingsFrom } from "./options.js";
import { PostgresOutbox } from "./outbox.js";
import { type PoolInUse, poolFrom } from "./pools.js";
import { runTransaction } from "./run.js";
import { findTables, migrate } from "./schema.js";
import { poolSession, type Session } from "./session.js";
import { type Statements, statementsFor } from "./statements.js";
import { Numbering } from "./streams/numbering.js";
import { streamLog } from "./streams/stream-log.js";
import { PostgresTransaction, type Queryable } from "./transaction.js";

/** A store on PostgreSQL. The client of its transactions is pg's. */
export interface PostgresStore extends Store<PoolClient> {
  /**
   * Makes the tables, or brings them up to what this package needs. Nothing is done where they are. Several processes may call
   * it at the same time, also before `open`.
   *
   * @throws StoreError `POSTGRES_SCHEMA_NEWER`, `POSTGRES_NO_PERMISSION`, and what connecting throws
   */
  migrate(): Promise<void>;
  /**
   * A transaction that the caller has begun on a client of his own, and commits himself: for `publish({ tx })`. Relays find
   * what it appended when they look next.
   *
   * @param client - pg's, `kyselyClient(trx)`, `drizzleClient(tx, sql)`, or whatever has pg's `query(text, values)`
   * @throws StoreError from `append` and `claim`: `STORE_NO_TRANSACTION`, where the client tells that it is in none;
   *   `STORE_OTHER_DATABASE`, where it is not in the store's own
   * @example
   * await client.query("BEGIN");
   * await mesh.publish("com.acme.artifact.built.v1", { digest }, { tx: store.enlist(client) });
   * await client.query("COMMIT");
   */
  enlist(client: Queryable): Transaction<PoolClient>;
  /**
   * Runs one statement of the service's own and stores the events that are published with it, in one round trip: both are done,
   * or neither. Faster than a transaction, and enough where there is one statement and the events need nothing of its result.
   *
   * What the statement has changed makes no difference: the events are stored also where it found no row. It is read as a part
   * of a larger one, so it has to be one that can follow WITH: INSERT, UPDATE, DELETE, MERGE, SELECT. Without events it is run
   * all the same.
   *
   * @param text - the statement; its own WITH and RETURNING are fine
   * @param values - for `$1`, `$2` and so on, as many as the text has
   * @param work - publishes with `tx`, which can do nothing else. It runs once, before the statement: when it rejects, nothing is
   *   run
   * @param options - `retries` runs the statement again, not the work
   * @returns what pg returns for the statement
   * @throws StoreError `POSTGRES_STATEMENT_VALUES`, `POSTGRES_STATEMENT_ONLY`, `STORE_CONFLICT`, `STORE_NESTED` in a transaction of
   *   this store, `POSTGRES_COMMIT_UNKNOWN` when the connection is lost meanwhile; what the server says of the statement, as it is
   * @example
   * const { rows } = await store.statement(
   *   "INSERT INTO releases (digest) VALUES ($1) RETURNING id",
   *   [digest],
   *   (tx) => mesh.publish("com.acme.release.approved.v1", { digest }, { tx }),
   * );
   */
  statement<Row extends QueryResultRow = QueryResultRow>(
    text: string,
    values: readonly unknown[],
    work: (tx: Transaction<PoolClient>) => Promise<unknown>,
    options?: TransactionOptions,
  ): Promise<QueryResult<Row>>;
}

/**
 * A store on PostgreSQL, 13 or newer. Its tables are made by `migrate`, never by `open`.
 *
 * @throws ConfigurationError `POSTGRES_OPTIONS_INVALID`, `DURATION_INVALID`
 * @example
 * const store = postgresStore({ pool });
 * await store.migrate();
 * const mesh = createMesh({ service: "releases", catalog, broker, store });
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  return new Postgres(settingsFrom(options));
}

class Postgres implements PostgresStore {
  readonly name = "postgres";
  readonly capabilities: StoreCapabilities = { durable: true, reach: "network", concurrent: true };
  readonly outbox: PostgresOutbox;
  readonly streams: Streams<Transaction>;
  readonly documents: StoreDocuments;
  readonly #settings: Settings;
  readonly #pool: PoolInUse;
  readonly #session: Session;
  readonly #numbering: Numbering;
  readonly #notices: Notices;
  readonly #nesting = new Nesting();
  readonly #underWay = new UnderWay();
  readonly #runner: StatementRunner;
  #now: () => number = systemClock.now;
  #isStrict = false;
  /** Once it is open. */
  #statements: Statements | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#runner = new StatementRunner(settings.prepare);
    this.#pool = poolFrom(settings.source);
    const { pool } = this.#pool;
    const { leaseMs, timeoutMs, prepare } = settings;
    const notices = new Notices(pool, noticeChannel(settings.prefix));
    const statements = (): Statements => this.#requireOpen();
    const underWay = <T>(work: () => Promise<T>): Promise<T> => this.#underWay.run(work);
    const shared = { pool, timeoutMs, notices, underWay };
    this.#notices = notices;
    this.outbox = new PostgresOutbox({ ...shared, leaseMs, now: () => this.#now(), statements });
    const session = poolSession({
      ...shared,
      prepare,
      isStrict: () => this.#isStrict,
      requireUsable: () => void statements(),
    });
    this.#session = session;
    this.#numbering = new Numbering({ ...shared, session, statements: () => statements().streams });
    this.documents = storeDocuments({ session, statements: () => statements().documents });
    this.streams = streamsOn(
      streamLog({
        session,
        notices,
        numbering: this.#numbering,
        nesting: this.#nesting,
        statements: () => statements().streams,
      }),
    );
  }

  async migrate(): Promise<void> {
    this.#requireNotClosed();
    await this.#underWay.run(() => migrate(this.#pool.pool, this.#settings));
  }

  async open(context: StoreContext): Promise<void> {
    this.#requireNotClosed();
    const tables = await this.#underWay
      .run(() => findTables(this.#pool.pool, this.#settings))
      .catch((error: unknown) => {
        throw storeError(error, "opening the store");
      });
    this.#requireNotClosed();
    this.#now = () => context.clock.now();
    this.#isStrict = tables.isStrict;
    this.#statements = statementsFor(tables, this.#settings.leaseMs);
    this.#notices.open(context);
  }

  async transaction<T>(
    work: (tx: Transaction<PoolClient>) => Promise<T>,
    { retries = 0 }: TransactionOptions = {},
  ): Promise<T> {
    const statements = this.#requireOpen();
    return this.#underWay.run(() =>
      withRetries(retries, () => this.#nesting.run(() => this.#transaction(statements, work))),
    );
  }

  enlist(client: Queryable): Transaction<PoolClient> {
    const statements = this.#requireOpen();
    // What its user sees is what he gave.
    return new PostgresTransaction(client as PoolClient, client, {
      store: this,
      statements,
      prepare: this.#settings.prepare,
      foreign: true,
      numbering: this.#numbering,
      isStrict: this.#isStrict,
      now: this.#now,
      ended: () => this.#closed(),
      // The commit is not ours to see: relays look by themselves.
      appended: () => undefined,
    });
  }

  async statement<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
    work: (tx: Transaction<PoolClient>) => Promise<unknown>,
    { retries = 0 }: TransactionOptions = {},
  ): Promise<QueryResult<Row>> {
    const { outbox } = this.#requireOpen();
    const where = { pool: this.#pool.pool, outbox };
    return this.#underWay.run(() =>
      this.#nesting.run(async () => {
        const rows = await collect(this, work);
        const result = await withRetries(retries, () => this.#runner.run(where, { text, values }, rows));
        if (rows.length > 0) this.#notices.committed();
        return result;
      }),
    );
  }

  async pruneInbox(before: number): Promise<number> {
    const { prune } = this.#requireOpen();
    try {
      const { rowCount } = await this.#underWay.run(() => this.#pool.pool.query(prune, [before]));
      return rowCount ?? 0;
    } catch (error) {
      throw storeError(error, "pruning the inbox");
    }
  }

  async checkpoints(prefix: string): Promise<readonly Checkpoint[]> {
    return listCheckpoints(this.#session, this.#requireOpen().checkpoints, prefix);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #transaction<T>(
    statements: Statements,
    work: (tx: Transaction<PoolClient>) => Promise<T>,
  ): Promise<T> {
    let appended = false;
    const result = await runTransaction(this.#pool.pool, this.#settings.timeoutMs, (lent, driver) => {
      const tx = new PostgresTransaction(lent.client, driver, {
        store: this,
        statements,
        prepare: this.#settings.prepare,
        foreign: false,
        numbering: this.#numbering,
        isStrict: this.#isStrict,
        now: this.#now,
        ended: () => (lent.ended ? storeRefusals.ended() : undefined),
        appended: () => {
          appended = true;
        },
      });
      lent.unsent = tx.appends;
      return work(tx);
    });
    if (appended) this.#notices.committed();
    return result;
  }

  async #close(): Promise<void> {
    // So that all that is called from now on is refused before anything here ends.
    await Promise.resolve();
    await this.#underWay.idle();
    this.outbox.dropBatches();
    await this.#notices.close();
    await this.#pool.close();
  }

  #requireOpen(): Statements {
    this.#requireNotClosed();
    if (this.#statements === undefined) throw storeRefusals.notOpen();
    return this.#statements;
  }

  #requireNotClosed(): void {
    const closed = this.#closed();
    if (closed !== undefined) throw closed;
  }

  #closed(): MeshError | undefined {
    return this.#closing === undefined ? undefined : storeRefusals.closed();
  }
}
