/**
 * Who reads what is committed. Where the store has opened a file, on a connection of its own: in WAL it waits for no transaction
 * and no transaction for it, and what a transaction of this store has not committed is not there to be seen. In memory there
 * is one handle only, and beside a handle of the caller none is opened: should it be of another copy of SQLite, closing ours
 * would end its locks. There it reads between transactions.
 */
import { Connection } from "../connection.js";
import { openDatabase } from "../driver.js";
import { untilFree } from "../until-free.js";
import { failingAs, type Handle } from "./handle.js";

export interface Reader {
  /** @throws StoreError `STORE_NESTED` where it would wait for the transaction that it is called in, for ever */
  read<T>(doing: string, run: (db: Connection) => T): Promise<T>;
  close(): Promise<void>;
}

/** On the store's handle. */
export function readerOn(handle: Handle): Reader {
  return { read: (doing, run) => handle.read(doing, run), close: async () => undefined };
}

/** On a connection of its own, opened when it is first used. */
export class OwnReader implements Reader {
  readonly #path: string;
  readonly #busyMs: number;
  #connecting: Promise<Connection> | undefined;

  constructor(path: string, busyMs: number) {
    this.#path = path;
    this.#busyMs = busyMs;
  }

  read<T>(doing: string, run: (db: Connection) => T): Promise<T> {
    return failingAs(doing, async () => {
      const db = await this.#connect();
      return untilFree(this.#busyMs, () => run(db));
    });
  }

  async close(): Promise<void> {
    const db = await this.#connecting?.catch(() => undefined);
    db?.forget();
    db?.database.close();
  }

  #connect(): Promise<Connection> {
    this.#connecting ??= connect(this.#path).catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    return this.#connecting;
  }
}

async function connect(path: string): Promise<Connection> {
  const database = await openDatabase(path, { readOnly: true });
  // Waiting is done without blocking the thread.
  database.exec("PRAGMA busy_timeout = 0");
  return new Connection(database);
}
