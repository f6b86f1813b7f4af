/** What is in the database: looked at by `open`, made by `migrate`. */
import type { Connection } from "../connection.js";
import { schemaMissing, schemaNewer, schemaOlder } from "./errors.js";
import { migrations, newestVersion } from "./migrations.js";
import { tablesOf } from "./names.js";

/** @throws StoreError `SQLITE_SCHEMA_MISSING`, `…_OLDER`, `…_NEWER` */
export function requireTables(db: Connection, prefix: string): void {
  const found = versionOf(db, prefix);
  if (found === undefined) throw schemaMissing(tablesOf(prefix).migrations);
  if (found < newestVersion) throw schemaOlder(found, newestVersion);
  if (found > newestVersion) throw schemaNewer(found, newestVersion);
}

/** Makes what is missing. Inside a write transaction, so that of several processes one makes and the others find. */
export function makeTables(db: Connection, prefix: string): void {
  const found = versionOf(db, prefix) ?? 0;
  if (found > newestVersion) throw schemaNewer(found, newestVersion);
  for (const { version, sql } of migrations(prefix)) if (version > found) db.database.exec(sql);
}

/** Undefined where there are no tables. */
function versionOf(db: Connection, prefix: string): number | undefined {
  const { migrations: table } = tablesOf(prefix);
  const exists = db.get("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table);
  if (exists === undefined) return undefined;
  return db.get<{ version: number | null }>(`SELECT max(version) AS version FROM ${table}`)?.version ?? 0;
}
