/** A handle, and the transactions on it. */
import { existsSync, realpathSync } from "node:fs";
import { isConflict, storeRefusals } from "@meshwright/core/adapter";
import { Connection } from "../connection.js";
import type { Database } from "../driver.js";
import { isBusy } from "../errors.js";
import { untilFree } from "../until-free.js";
import { type Lent, lend } from "./client.js";
import { endedEarly, storeError } from "./errors.js";
import { type Gate, gateOf } from "./gate.js";
import { longestPauseMs, type Turns } from "./turns.js";

export class Handle {
  readonly db: Connection;
  readonly #busyMs: number;
  readonly #turns: Turns;
  readonly #gate: Gate;

  /**
   * @param turns - those of its file
   * @param busyMs - how long to wait for the lock
   */
  constructor(database: Database, turns: Turns, busyMs: number) {
    this.db = new Connection(database);
    this.#gate = gateOf(database);
    this.#turns = turns;
    this.#busyMs = busyMs;
  }

  /**
   * Reads what is committed, between the transactions on this handle. Those on others are not in the way.
   *
   * @throws StoreError `STORE_NESTED` inside of one of them
   */
  async read<T>(doing: string, run: (db: Connection) => T): Promise<T> {
    const look = (): T => {
      requireIdle(this.db.database);
      return run(this.db);
    };
    await this.#gate.free();
    return failingAs(doing, () => untilFree(this.#busyMs, look));
  }

  /**
   * One short transaction.
   *
   * @param busyMs - how long to wait for the lock, where that is longer than for others
   */
  async write<T>(doing: string, run: (db: Connection) => T, busyMs = 0): Promise<T> {
    this.#turns.nesting.requireOutside();
    const write = (): Promise<T> => this.#write(run, Math.max(busyMs, this.#busyMs));
    return this.#turns.next(() => failingAs(doing, write));
  }

  /** The same when all transactions have ended, also when one of them asked for it. */
  async writeLast(run: (db: Connection) => void): Promise<void> {
    await this.#turns.next(() => this.#write(run, this.#busyMs));
  }

  /** One transaction that lasts for as long as the work does. */
  transaction<T>(work: (lent: Lent) => Promise<T>): Promise<T> {
    return this.#turns.nesting.run(() => this.#turns.next(() => this.#transaction(work)));
  }

  async #write<T>(run: (db: Connection) => T, busyMs: number): Promise<T> {
    await this.#begin(busyMs);
    try {
      const result = run(this.db);
      await this.#commit();
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    }
  }

  async #transaction<T>(work: (lent: Lent) => Promise<T>): Promise<T> {
    await failingAs("beginning a transaction", () => this.#begin(this.#busyMs), lostRace);
    const lent = lend(this.db.database);
    try {
      const result = await this.#gate.inside(() => work(lent));
      lent.end();
      await failingAs("committing", () => this.#commit());
      return result;
    } catch (error) {
      lent.end();
      this.#rollback();
      throw lostRace(error) ?? error;
    }
  }

  async #begin(busyMs: number): Promise<void> {
    const { database } = this.db;
    await this.#turns.rest();
    const begin = (): void => {
      requireIdle(database);
      database.exec("BEGIN IMMEDIATE");
      this.#gate.begun();
    };
    await untilFree(busyMs, begin, longestPauseMs);
    this.#turns.took();
  }

  /** Outside of WAL, which is where a caller's handle may be, it waits for those who read. */
  async #commit(): Promise<void> {
    if (!inTransaction(this.db.database)) throw endedEarly();
    await untilFree(this.#busyMs, () => this.db.database.exec("COMMIT"));
    this.#ended();
  }

  #rollback(): void {
    try {
      this.db.database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself, or the handle was closed, which does the same.
    }
    this.#ended();
  }

  #ended(): void {
    this.#turns.left();
    this.#gate.ended();
  }
}

/** Whether the handle is inside a transaction. */
export function inTransaction(database: Pick<Database, "exec" | "isTransaction">): boolean {
  const { isTransaction } = database;
  if (isTransaction !== undefined) return isTransaction;
  // Node before 22.16 does not tell. This takes no lock.
  try {
    database.exec("BEGIN");
  } catch (error) {
    if (error instanceof Error && error.message.includes("within a transaction")) return true;
    throw error;
  }
  database.exec("ROLLBACK");
  return false;
}

/** Whether both are connections to one database. */
export function onSameDatabase(one: Pick<Database, "prepare">, other: Pick<Database, "prepare">): boolean {
  if (one === other) return true;
  const file = mainFileOf(one);
  return file !== undefined && file === mainFileOf(other);
}

/** By the one name that the file system has for it; undefined where it is in memory. */
function mainFileOf(database: Pick<Database, "prepare">): string | undefined {
  const [main] = database.prepare("PRAGMA database_list").all() as { readonly file: string | null }[];
  if (!main?.file) return undefined;
  // One that was deleted has its last name.
  return existsSync(main.file) ? realpathSync.native(main.file) : main.file;
}

/** The owner of the handle may be in a transaction of his, which must be neither used nor ended. */
function requireIdle(database: Database): void {
  if (!inTransaction(database)) return;
  throw Object.assign(new Error("the handle's owner has a transaction open"), { errcode: 5 });
}

/** @param first - what to throw instead, if it knows better */
export async function failingAs<T>(
  doing: string,
  run: () => Promise<T>,
  first: (error: unknown) => Error | undefined = () => undefined,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw first(error) ?? storeError(error, doing);
  }
}

/** The refusal for one who waited for the lock in vain; undefined for other errors. */
export function lostRace(error: unknown): Error | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++) {
    if (isConflict(cause)) return error === cause ? cause : storeRefusals.conflict(error);
    if (isBusy(cause)) return storeRefusals.conflict(error);
  }
  return undefined;
}
