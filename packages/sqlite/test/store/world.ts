import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Database,
  migrations,
  type SqliteClient,
  type SqliteStore,
  type SqliteStoreOptions,
  sqliteStore,
} from "@meshwright/sqlite";
import type { StoreWorld } from "@meshwright/testing";
import { openHandle } from "../open-handle.js";

/** Longer than the many writers of the kit can hold up the end of a batch. */
export const leaseMs = 2_000;

/**
 * A file of its own, as the kit wants it.
 *
 * @param handles - the stores are given handles that are open, each one of its own
 */
export async function sqliteWorld({
  handles = false,
}: {
  readonly handles?: boolean;
} = {}): Promise<StoreWorld<SqliteClient>> {
  const folder = mkdtempSync(join(tmpdir(), "meshwright-sqlite-"));
  const path = join(folder, "app.db");
  const own = await openHandle(path);
  const lent: Database[] = [];
  // Enough of them: the kit makes stores without waiting.
  if (handles) for (let at = 0; at < 12; at++) lent.push(await openHandle(path));
  const byClient = new WeakMap<SqliteClient, Database>();
  let given = 0;
  const make = (prefix?: string): SqliteStore => {
    const options: SqliteStoreOptions = {
      lease: leaseMs,
      busyTimeout: "15s",
      ...(prefix === undefined ? {} : { prefix }),
    };
    const database = lent[given++];
    if (database === undefined) return sqliteStore({ ...options, path });
    return remembering(sqliteStore({ ...options, database }), (client) => byClient.set(client, database));
  };
  own.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000");
  for (const { sql } of [...migrations(), ...migrations("other")]) own.exec(sql);
  own.exec("CREATE TABLE own (key TEXT PRIMARY KEY, value TEXT)");
  own.exec("CREATE TABLE newer_migrations AS SELECT 1000 AS version");
  own.exec("CREATE TABLE older_migrations AS SELECT 0 AS version");
  return {
    create: () => make(),
    elsewhere: () => make("other"),
    write: async (client, key, value) => void client.prepare("INSERT INTO own VALUES (?, ?)").run(key, value),
    read: async (key) => {
      const row = own.prepare("SELECT value FROM own WHERE key = ?").get(key) as
        | { readonly value: string }
        | undefined;
      return row?.value;
    },
    ...(handles ? { abandon: (client: SqliteClient) => end(byClient.get(client)) } : {}),
    misfits: { "no tables": () => make("missing"), newer: () => make("newer"), older: () => make("older") },
    rowsLeft: async () => {
      const row = own.prepare("SELECT count(*) AS count FROM mw_outbox").get();
      return (row as { readonly count: number }).count;
    },
    dispose: async () => {
      for (const database of [own, ...lent]) closeIfOpen(database);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Tells of the client of each transaction. */
function remembering(store: SqliteStore, seen: (client: SqliteClient) => void): SqliteStore {
  const { transaction } = store;
  return Object.assign(store, {
    transaction: ((work, options) =>
      transaction.call(
        store,
        (tx) => {
          seen(tx.client);
          return work(tx);
        },
        options,
      )) as SqliteStore["transaction"],
  });
}

/** @photostructure/sqlite keeps the lock of a closed handle until its statements have been collected. */
function end(database: Database | undefined): void {
  database?.exec("ROLLBACK");
  database?.close();
}

function closeIfOpen(database: Database): void {
  try {
    database.close();
  } catch {
    // A case has closed it.
  }
}
