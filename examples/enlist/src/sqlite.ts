/** A transaction that the service begins by itself on its SQLite handle. */
import type { SqliteClient, SqliteStore } from "@meshwright/sqlite";
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import type { Shop } from "./shop.js";

export async function approve(
  shop: Shop<SqliteClient, SqliteStore>,
  database: DatabaseSyncInstance,
  digest: string,
): Promise<void> {
  const { mesh, store } = shop;
  // approve
  database.exec("BEGIN IMMEDIATE");
  try {
    database.prepare("INSERT INTO releases (digest) VALUES (?)").run(digest);
    await mesh.publish("com.acme.release.approved.v1", { digest }, { tx: store.enlist(database) });
    await shop.check(digest);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
  // end approve
}
