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
  close(): void;
}

/** On the store's handle. */
export function readerOn(handle: Handle): Reader {
  return { read: (doing, run) => handle.read(doing, run), close: () => undefined };
}

/** On a connection of its own. */
export async function openReader(path: string, busyMs: number): Promise<Reader> {
  const database = await openDatabase(path, { readOnly: true });
  // Waiting is done without blocking the thread.
  database.exec("PRAGMA busy_timeout = 0");
  const db = new Connection(database);
  return {
    read: (doing, run) => failingAs(doing, () => untilFree(busyMs, () => run(db))),
    close() {
      db.forget();
      database.close();
    },
  };
}
