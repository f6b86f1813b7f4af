import { MeshError } from "@meshwright/core/adapter";
import { migrations, type PostgresStore, postgresStore } from "@meshwright/postgres";
import type { PostgresServer, StoreWorld } from "@meshwright/testing";
import pg, { type PoolClient, type PoolConfig } from "pg";

export const leaseMs = 400;

/** How stores reach their database. */
interface Way {
  /** The URL they are given. Default: the database's own. */
  through?(url: string): string;
  readonly prepare?: boolean;
}

/**
 * A database of its own on this server, as the kit wants it.
 *
 * @param config - for the pools of the stores
 */
export async function postgresWorld(
  server: PostgresServer,
  config: PoolConfig = {},
  { through = (url) => url, prepare = true }: Way = {},
): Promise<StoreWorld<PoolClient>> {
  const url = await server.createDatabase();
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on("error", () => undefined);
  const make = (prefix?: string): PostgresStore =>
    postgresStore({
      config: { ...config, connectionString: through(url) },
      lease: leaseMs,
      prepare,
      ...(prefix === undefined ? {} : { prefix }),
    });
  for (const { sql } of [...migrations(), ...migrations({ prefix: "other" })]) await pool.query(sql);
  await pool.query("CREATE TABLE own (key text PRIMARY KEY, value text)");
  await pool.query("CREATE TABLE newer_migrations AS SELECT 1000 AS version");
  await pool.query("CREATE TABLE older_migrations AS SELECT 0 AS version");
  return {
    create: () => make(),
    elsewhere: () => make("other"),
    write: async (client, key, value) =>
      void (await client.query("INSERT INTO own VALUES ($1, $2)", [key, value])),
    read: async (key) => (await pool.query("SELECT value FROM own WHERE key = $1", [key])).rows[0]?.value,
    abandon: (client) => void client.connection.stream.destroy(),
    conflict: async (client, key) => {
      await client.query(
        "INSERT INTO own VALUES ($1, '') ON CONFLICT (key) DO UPDATE SET value = own.value || '.'",
        [key],
      );
    },
    restart: () => server.restart(),
    misfits: { "no tables": () => make("missing"), newer: () => make("newer"), older: () => make("older") },
    rowsLeft: async () => Number((await pool.query("SELECT count(*) FROM mw_outbox")).rows[0]?.count),
    dispose: () => pool.end(),
  };
}

export function requireServer(server: PostgresServer | undefined): PostgresServer {
  if (server === undefined) throw new MeshError("TEST_SERVER", "The server has not been started.");
  return server;
}
