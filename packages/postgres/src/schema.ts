/** What is in the database: looked at by `open`, made by `migrate`. */
import type { Pool, PoolClient } from "pg";
import { checkOut } from "./connection.js";
import {
  missingRights,
  noSchemaToUse,
  schemaMissing,
  schemaNewer,
  schemaOlder,
  storeError,
  wrongEncoding,
} from "./errors.js";
import { madeAt, migrationsOf, newestVersion } from "./migrations.js";
import { type FoundTables, type Tables, tablesOf } from "./names.js";

interface Names {
  readonly prefix: string;
  readonly schema: string | undefined;
}

/**
 * Finds the tables and checks that they are those this package knows.
 *
 * @returns them with their schema, so that a later `search_path` does not matter
 * @throws StoreError `POSTGRES_SCHEMA_MISSING`, `…_OLDER`, `…_NEWER`, `POSTGRES_NO_PERMISSION`, and what connecting throws
 */
export async function findTables(pool: Pool, names: Names): Promise<FoundTables> {
  const connection = await checkOut(pool);
  try {
    const { client } = connection;
    await requireEncoding(client);
    const tables = tablesOf(names.prefix, (await schemaOf(client, names)) ?? names.schema);
    const found = await versionOf(client, tables);
    if (found === 0) throw schemaMissing(tables.migrations);
    if (found < newestVersion) throw schemaOlder(found, newestVersion);
    if (found > newestVersion) throw schemaNewer(found, newestVersion);
    await requireRights(client, tables);
    return { ...tables, ...(await identityOf(client, tables)) };
  } finally {
    connection.release();
  }
}

/** Makes what is missing, in one transaction, one process at a time. */
export async function migrate(pool: Pool, names: Names): Promise<void> {
  const connection = await checkOut(pool).catch((error: unknown) => {
    throw storeError(error, "migrating");
  });
  try {
    const { client } = connection;
    await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
    await waitForTurn(client, names);
    await makeTables(client, names);
    await client.query("COMMIT");
    connection.release();
  } catch (error) {
    connection.release(true);
    throw storeError(error, "migrating");
  }
}

/** Held until the transaction ends. */
async function waitForTurn(client: PoolClient, { prefix, schema }: Names): Promise<void> {
  const name = `meshwright:migrate:${schema ?? ""}:${prefix}`;
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [name]);
}

async function makeTables(client: PoolClient, names: Names): Promise<void> {
  const { prefix } = names;
  const schema = (await schemaOf(client, names)) ?? (await newSchema(client, names.schema));
  const tables = tablesOf(prefix, schema);
  const found = await versionOf(client, tables);
  if (found > newestVersion) throw schemaNewer(found, newestVersion);
  for (const { version, sql } of migrationsOf(tables)) if (version > found) await client.query(sql);
}

/** The schema the tables are in; undefined while there are none. */
async function schemaOf(client: PoolClient, { prefix, schema }: Names): Promise<string | undefined> {
  const { migrations } = tablesOf(prefix, schema);
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE pg_class.oid = to_regclass($1)`,
    [migrations],
  );
  return rows[0]?.name;
}

/** Where tables are to be made. */
async function newSchema(client: PoolClient, schema: string | undefined): Promise<string> {
  const { rows } = await client.query<{ exists: boolean; current: string | null }>(
    "SELECT to_regnamespace($1) IS NOT NULL AS exists, current_schema() AS current",
    [schema ?? "public"],
  );
  if (schema === undefined) {
    const current = rows[0]?.current;
    if (!current) throw noSchemaToUse();
    return current;
  }
  // Only if it is missing: IF NOT EXISTS asks for the right to create it even if it is there.
  if (!rows[0]?.exists) await client.query(`CREATE SCHEMA ${client.escapeIdentifier(schema)}`);
  return schema;
}

/** 0 where there are no tables. */
async function versionOf(client: PoolClient, { migrations }: Tables): Promise<number> {
  const { rows } = await client.query<{ exists: boolean }>("SELECT to_regclass($1) IS NOT NULL AS exists", [
    migrations,
  ]);
  if (!rows[0]?.exists) return 0;
  const newest = await client.query<{ version: number | null }>(
    `SELECT max(version) AS version FROM ${migrations}`,
  );
  return newest.rows[0]?.version ?? 0;
}

async function identityOf(
  client: PoolClient,
  { migrations }: Tables,
): Promise<Pick<FoundTables, "database" | "madeAt" | "isStrict">> {
  const { rows } = await client.query<{ database: string; made_at: string | null; isolation: string }>(
    `SELECT current_database() AS database, (SELECT ${madeAt} FROM ${migrations})::text AS made_at,
       current_setting('default_transaction_isolation') AS isolation`,
  );
  return {
    database: rows[0]?.database ?? "",
    madeAt: rows[0]?.made_at ?? "0",
    isStrict: /^(repeatable read|serializable)$/.test(rows[0]?.isolation ?? ""),
  };
}

async function requireEncoding(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>(
    "SELECT current_setting('server_encoding') AS encoding",
  );
  const encoding = rows[0]?.encoding ?? "UTF8";
  if (encoding !== "UTF8") throw wrongEncoding(encoding);
}

/** By right, the tables it is needed on. docs/postgres.md lists them too. */
function rightsOn(tables: Tables): Readonly<Record<string, readonly string[]>> {
  const { outbox, refused, inbox, streams, events, eventsNew, log, documents, checkpoints } = tables;
  const all = [outbox, refused, inbox, streams, events, eventsNew, log, documents, checkpoints];
  return {
    SELECT: all,
    INSERT: all,
    UPDATE: [streams, documents, checkpoints],
    DELETE: [outbox, refused, inbox, eventsNew, documents],
  };
}

async function requireRights(client: PoolClient, tables: Tables): Promise<void> {
  const needed = Object.entries(rightsOn(tables)).flatMap(([right, on]) =>
    on.map((table) => ({ right, table })),
  );
  const { rows } = await client.query<{ missing: string }>(
    `SELECT "right" || ' on ' || name AS missing FROM unnest($1::text[], $2::text[]) AS needed ("right", name)
     WHERE NOT has_table_privilege(name, "right")`,
    [needed.map(({ right }) => right), needed.map(({ table }) => table)],
  );
  if (rows.length > 0) throw missingRights(rows.map(({ missing }) => missing));
}
