/** Opening the file: pragmas and tables, with several processes perhaps doing the same at this moment. */
import { Connection } from "./connection.js";
import { type Database, openDatabase } from "./driver.js";
import { brokerError } from "./errors.js";
import type { Settings } from "./options.js";
import { createTables } from "./schema.js";
import { untilFree } from "./until-free.js";

/** How long SQLite itself waits for the lock, with the thread blocked. Beyond it the wait is asynchronous. */
const blockingWaitMs = 5;
/** Keeps the -wal file from staying as large as it once was. */
export const walLimitBytes: number = 64 * 1024 * 1024;

export async function openConnection(settings: Settings): Promise<Connection> {
  if (settings.database) return prepare(new Connection(settings.database), settings, []);
  const database = await openFile(settings.path ?? "");
  const pragmas = [
    `PRAGMA busy_timeout = ${blockingWaitMs}`,
    "PRAGMA journal_mode = WAL",
    `PRAGMA synchronous = ${settings.synchronous}`,
    "PRAGMA foreign_keys = OFF",
    `PRAGMA journal_size_limit = ${walLimitBytes}`,
  ];
  try {
    return await prepare(new Connection(database), settings, pragmas);
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Closes what we opened. The log is copied into the file first: with `@photostructure/sqlite` SQLite's own last close,
 * which would do that, comes only once every prepared statement has been collected.
 */
export function closeConnection(db: Connection): void {
  try {
    db.database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // The next one to close, or to open, does it.
  }
  db.forget();
  db.database.close();
}

async function openFile(path: string): Promise<Database> {
  try {
    return await openDatabase(path);
  } catch (error) {
    throw brokerError(error, "opening the file");
  }
}

async function prepare(db: Connection, settings: Settings, pragmas: readonly string[]): Promise<Connection> {
  try {
    // Also the change to WAL finds the file locked while another process does the same.
    for (const pragma of pragmas) await untilFree(settings.busyMs, () => db.database.exec(pragma));
    await untilFree(settings.busyMs, () => inTransaction(db, () => createTables(db)));
  } catch (error) {
    throw brokerError(error, "opening the file");
  }
  return db;
}

function inTransaction(db: Connection, run: () => void): void {
  db.database.exec("BEGIN IMMEDIATE");
  try {
    run();
    db.database.exec("COMMIT");
  } catch (error) {
    db.database.exec("ROLLBACK");
    throw error;
  }
}
