import type { Transaction } from "@meshwright/core";
import { postgresStore } from "@meshwright/postgres";
import pg, { type Pool, type PoolClient } from "pg";
import { commitUnknown, type Effect, type OwnRow, type Service, type Tables } from "./contract.js";

const ownTables = `
  CREATE TABLE counters (key text PRIMARY KEY, number int NOT NULL);
  CREATE TABLE own (name text PRIMARY KEY, key text NOT NULL, number int NOT NULL, ids text[] NOT NULL,
    UNIQUE (key, number));
  CREATE TABLE effects (n bigint GENERATED ALWAYS AS IDENTITY, consumer_group text NOT NULL, source text NOT NULL,
    id text NOT NULL, name text NOT NULL)`;

export function postgresService(url: string, leaseMs: number): Service {
  const pool = new pg.Pool({
    connectionString: url,
    max: 20,
    keepAlive: true,
    connectionTimeoutMillis: 2 * leaseMs,
    // A network that is cut silently is noticed on both sides, as docs/postgres.md advises.
    query_timeout: 5 * leaseMs,
    idle_in_transaction_session_timeout: 3 * leaseMs,
  });
  pool.on("error", ignore);
  const store = postgresStore({ pool, lease: leaseMs, timeout: 2 * leaseMs });
  return {
    store,
    tables,
    enlisted: (work) => enlisted(pool, (client) => work(store.enlist(client) as Transaction)),
    isThere: (row, key) => isThere(pool, row, key),
    async migrate() {
      await store.migrate();
      await pool.query(ownTables);
    },
    async waiting() {
      const { rows } = await pool.query<{ waiting: number }>(
        "SELECT count(*)::int AS waiting FROM mw_outbox",
      );
      return rows[0]?.waiting ?? 0;
    },
    async records() {
      const own = await pool.query<OwnRow>("SELECT name, key, number, ids FROM own");
      const effects = await pool.query<Effect>(
        'SELECT consumer_group AS "group", source, id, name FROM effects ORDER BY n',
      );
      return { rows: own.rows, effects: effects.rows };
    },
    close: () => pool.end(),
  };
}

const tables: Tables = {
  async next(client, key) {
    const { rows } = await of(client).query<{ number: number }>(
      `INSERT INTO counters VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET number = counters.number + 1
       RETURNING number`,
      [key],
    );
    return rows[0]?.number ?? 0;
  },
  async insert(client, { name, key, number, ids }) {
    await of(client).query("INSERT INTO own VALUES ($1, $2, $3, $4)", [name, key, number, ids]);
  },
  async effect(client, { group, source, id, name }) {
    await of(client).query("INSERT INTO effects (consumer_group, source, id, name) VALUES ($1, $2, $3, $4)", [
      group,
      source,
      id,
      name,
    ]);
  },
};

function of(client: unknown): PoolClient {
  return client as PoolClient;
}

/** As a service does that has transactions of its own. */
function enlisted(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  return withClient(pool, async (client) => {
    await client.query("BEGIN");
    await work(client);
    await commit(client);
  });
}

async function commit(client: PoolClient): Promise<void> {
  await client.query("COMMIT").catch((cause: unknown) => {
    throw Object.assign(new Error("The commit was not answered.", { cause }), { code: commitUnknown });
  });
}

function ignore(): void {}

/** Who wrote the row has the key until his transaction ends: so does whoever waits for the key know what came of it. */
function isThere(pool: Pool, row: string, key: string): Promise<boolean> {
  return withClient(pool, async (client) => {
    await client.query("BEGIN");
    await tables.next(client, key);
    const { rowCount } = await client.query("SELECT FROM own WHERE name = $1", [row]);
    await client.query("ROLLBACK");
    return rowCount === 1;
  });
}

/** A client on which something went wrong is dropped: the server rolls back what has lost its connection. */
async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // Without a listener, a session that the server ends would end this process.
  client.on("error", ignore);
  let done = false;
  try {
    const result = await work(client);
    done = true;
    return result;
  } finally {
    if (done) client.off("error", ignore);
    client.release(!done);
  }
}
