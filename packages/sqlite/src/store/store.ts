/** The store: its states, and how its parts stand together. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import {
  type Checkpoint,
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
import { Connection } from "../connection.js";
import { type Database, openDatabase } from "../driver.js";
import { closeConnection, walLimitBytes } from "../open.js";
import { listCheckpoints } from "./checkpoints.js";
import type { SqliteClient } from "./client.js";
import { storeDocuments } from "./documents.js";
import { schemaMissing, storeError } from "./errors.js";
import { Handle, inTransaction, onSameDatabase } from "./handle.js";
import { tablesOf } from "./names.js";
import { Notices } from "./notices.js";
import { type SqliteStoreOptions, type StoreSettings, storeSettingsFrom } from "./options.js";
import { SqliteOutbox } from "./outbox.js";
import { openReader, type Reader, readerOn } from "./reader.js";
import { makeTables, requireTables } from "./schema.js";
import { type Statements, statementsFor } from "./statements.js";
import { sqliteStreamLog } from "./streams.js";
import { SqliteTransaction } from "./transaction.js";
import { turnsOf } from "./turns.js";

/** A store in a SQLite file. The client of its transactions is the handle, for as long as they last. */
export interface SqliteStore extends Store<SqliteClient> {
  /**
   * Makes the tables, or brings them up to what this package needs. Nothing is done where they are. Several processes may
   * call it at the same time, also before `open`.
   *
   * @throws StoreError `SQLITE_SCHEMA_NEWER`, and what opening the file throws
   */
  migrate(): Promise<void>;
  /**
   * A transaction that the caller has begun on a handle of his own, and commits himself: for `publish({ tx })`. Relays find
   * what it appended when they look next.
   *
   * @param database - a handle on the same file, of the driver that `driverName()` names
   * @throws StoreError `STORE_NO_TRANSACTION` when it is in none, then or at a later use; `STORE_OTHER_DATABASE`
   * @example
   * database.exec("BEGIN IMMEDIATE");
   * await mesh.publish("com.acme.artifact.built.v1", { digest }, { tx: store.enlist(database) });
   * database.exec("COMMIT");
   */
  enlist(database: Pick<Database, "exec" | "prepare" | "isTransaction">): Transaction<SqliteClient>;
}

/**
 * A store in a SQLite file, or on a handle that is open already. Its tables are made by `migrate`, never by `open`.
 *
 * @throws ConfigurationError `SQLITE_OPTIONS_INVALID`, `DURATION_INVALID`
 * @example
 * const store = sqliteStore({ path: "./shop.db" });
 * await store.migrate();
 * const mesh = createMesh({ service: "releases", catalog, broker, store });
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  return new Sqlite(storeSettingsFrom(options));
}

class Sqlite implements SqliteStore {
  readonly name = "sqlite";
  readonly capabilities: StoreCapabilities;
  readonly outbox: SqliteOutbox;
  readonly streams: Streams<Transaction>;
  readonly documents: StoreDocuments;
  readonly #settings: StoreSettings;
  readonly #statements: Statements;
  readonly #notices = new Notices();
  readonly #owner: string = randomUUID();
  readonly #underWay = new UnderWay();
  #now: () => number = systemClock.now;
  #connecting: Promise<Handle> | undefined;
  /** Once it is open. */
  #opened: Opened | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: StoreSettings) {
    this.#settings = settings;
    const { path, database } = settings;
    const inMemory = path === ":memory:" || database?.location?.() === null;
    this.capabilities = {
      durable: !inMemory,
      reach: inMemory ? "process" : "machine",
      concurrent: false,
    };
    this.#statements = statementsFor(tablesOf(settings.prefix));
    this.outbox = new SqliteOutbox({
      owner: this.#owner,
      leaseMs: settings.leaseMs,
      statements: this.#statements,
      notices: this.#notices,
      now: () => this.#now(),
      handle: () => this.#requireOpen().handle,
      underWay: (work) => this.#underWay.run(work),
    });
    const parts = {
      statements: this.#statements,
      notices: this.#notices,
      read: this.#read.bind(this),
      write: this.#write.bind(this),
    };
    this.streams = streamsOn(sqliteStreamLog(parts));
    this.documents = storeDocuments(parts);
  }

  async migrate(): Promise<void> {
    this.#requireNotClosed();
    await this.#underWay.run(async () => {
      const handle = await this.#connect();
      await handle.write("migrating", (db) => makeTables(db, this.#settings.prefix));
    });
  }

  async open({ clock, logger }: StoreContext): Promise<void> {
    this.#requireNotClosed();
    const opened = await this.#underWay.run(() => this.#open());
    this.#requireNotClosed();
    this.#now = () => clock.now();
    this.#notices.open(fileOf(this.#settings), logger);
    this.#opened = opened;
  }

  async transaction<T>(
    work: (tx: Transaction<SqliteClient>) => Promise<T>,
    { retries = 0 }: TransactionOptions = {},
  ): Promise<T> {
    const { handle } = this.#requireOpen();
    return this.#underWay.run(() => withRetries(retries, () => this.#transaction(handle, work)));
  }

  enlist(database: Pick<Database, "exec" | "prepare" | "isTransaction">): Transaction<SqliteClient> {
    const requireUsable = (): Handle => {
      const { handle } = this.#requireOpen();
      if (!inTransaction(database)) throw storeRefusals.noTransaction();
      return handle;
    };
    const { db } = requireUsable();
    if (!onSameDatabase(database, db.database)) throw storeRefusals.otherDatabase();
    // What its user sees is what he gave.
    return new SqliteTransaction(
      database as unknown as SqliteClient,
      new Connection(database as Database),
      // The commit is not ours to see: relays look by themselves.
      this.#parts(requireUsable, () => undefined),
    );
  }

  async pruneInbox(before: number): Promise<number> {
    const { prune } = this.#statements;
    return this.#write("pruning the inbox", (db) => db.run(prune, before));
  }

  async checkpoints(prefix: string): Promise<readonly Checkpoint[]> {
    const { checkpoints } = this.#statements;
    return this.#read("reading checkpoints", (db) => listCheckpoints(db, checkpoints, prefix));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #transaction<T>(handle: Handle, work: (tx: Transaction<SqliteClient>) => Promise<T>): Promise<T> {
    let appended = false;
    const result = await handle.transaction((lent) => {
      const parts = this.#parts(lent.requireUsable, () => {
        appended = true;
      });
      return work(new SqliteTransaction(lent.client, handle.db, parts));
    });
    if (appended) this.#notices.committed();
    return result;
  }

  async #read<T>(doing: string, run: (db: Connection) => T): Promise<T> {
    const { reader } = this.#requireOpen();
    return this.#underWay.run(() => reader.read(doing, run));
  }

  async #write<T>(doing: string, run: (db: Connection) => T): Promise<T> {
    const { handle } = this.#requireOpen();
    return this.#underWay.run(() => handle.write(doing, run));
  }

  #parts(
    requireUsable: () => void,
    appended: () => void,
  ): ConstructorParameters<typeof SqliteTransaction>[2] {
    return {
      store: this,
      statements: this.#statements,
      now: () => this.#now(),
      requireUsable,
      appended,
    };
  }

  /** Looks before it changes anything, also the journal mode. */
  async #open(): Promise<Opened> {
    const { path, prefix, busyMs } = this.#settings;
    if (path !== undefined && path !== ":memory:" && !existsSync(path))
      throw schemaMissing(tablesOf(prefix).migrations);
    const handle = await this.#connect();
    await handle.read("opening the store", (db) => requireTables(db, prefix));
    for (const pragma of path === undefined ? [] : pragmas) {
      await handle.read("opening the store", ({ database }) => database.exec(pragma));
    }
    if (path === undefined || path === ":memory:") return { handle, reader: readerOn(handle) };
    const reader = await openReader(path, busyMs).catch((error: unknown) => {
      throw storeError(error, "opening the file");
    });
    return { handle, reader };
  }

  #connect(): Promise<Handle> {
    this.#connecting ??= connect(this.#settings).catch((error: unknown) => {
      this.#connecting = undefined;
      throw storeError(error, "opening the file");
    });
    return this.#connecting;
  }

  async #close(): Promise<void> {
    // So that all that is called from now on is refused before anything here ends.
    await Promise.resolve();
    await this.#underWay.idle();
    this.#notices.close();
    this.#opened?.reader.close();
    const { releaseAll } = this.#statements;
    // What cannot be given back now is given back by the end of the lease.
    await this.#opened?.handle.writeLast((db) => void db.run(releaseAll, this.#owner)).catch(() => undefined);
    const handle = await this.#connecting?.catch(() => undefined);
    if (this.#settings.database !== undefined) handle?.db.forget();
    else if (handle !== undefined) closeConnection(handle.db);
  }

  #requireOpen(): Opened {
    this.#requireNotClosed();
    if (this.#opened === undefined) throw storeRefusals.notOpen();
    return this.#opened;
  }

  #requireNotClosed(): void {
    if (this.#closing !== undefined) throw storeRefusals.closed();
  }
}

interface Opened {
  readonly handle: Handle;
  /** For what is read outside of transactions. */
  readonly reader: Reader;
}

const pragmas = [
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  `PRAGMA journal_size_limit = ${walLimitBytes}`,
];

async function connect(settings: StoreSettings): Promise<Handle> {
  const database = settings.database ?? (await openDatabase(settings.path ?? ""));
  // Waiting is done without blocking the thread.
  if (settings.database === undefined) database.exec("PRAGMA busy_timeout = 0");
  return new Handle(database, turnsOf(fileOf(settings), database), settings.busyMs);
}

/** The file other processes see; undefined for what is in memory. */
function fileOf({ path, database }: StoreSettings): string | undefined {
  if (path !== undefined) return path === ":memory:" ? undefined : path;
  return database?.location?.() ?? undefined;
}
