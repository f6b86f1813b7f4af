import type { WireMessage } from "@meshwright/core/adapter";
import { type Database, driverName } from "@meshwright/sqlite";

/** What a careful author would write by hand for the same driver: one transaction per batch, prepared once. */
export interface BareLog {
  insert(messages: readonly WireMessage[]): void;
  close(): void;
}

export async function openBare(path: string): Promise<BareLog> {
  const { DatabaseSync } = (await import(driverName())) as { DatabaseSync: new (path: string) => Database };
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec(
    "CREATE TABLE log (seq INTEGER PRIMARY KEY, stored_at INTEGER, id TEXT, type TEXT, key TEXT, content_type TEXT, headers TEXT, body TEXT)",
  );
  const insert = database.prepare(
    "INSERT INTO log (stored_at, id, type, key, content_type, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  return {
    insert(messages) {
      const now = Date.now();
      database.exec("BEGIN IMMEDIATE");
      for (const { id, type, key, contentType, body } of messages) {
        insert.run(now, id, type, key, contentType, null, body);
      }
      database.exec("COMMIT");
    },
    close: () => database.close(),
  };
}
