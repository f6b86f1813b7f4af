/** On pg: a transaction that the service begins by itself, and a single statement. */
import type { PostgresStore } from "@meshwright/postgres";
import type { Pool, PoolClient } from "pg";
import type { Shop } from "./shop.js";

export async function approve(
  shop: Shop<PoolClient, PostgresStore>,
  pool: Pool,
  digest: string,
): Promise<void> {
  const { mesh, store } = shop;
  // approve
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("INSERT INTO releases (digest) VALUES ($1)", [digest]);
    await mesh.publish("com.acme.release.approved.v1", { digest }, { tx: store.enlist(client) });
    await shop.check(digest);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
  // end approve
}

export async function approveAtOnce(shop: Shop<PoolClient, PostgresStore>, digest: string): Promise<void> {
  const { mesh, store } = shop;
  // statement
  const { rows } = await store.statement(
    "INSERT INTO releases (digest) VALUES ($1) RETURNING *",
    [digest],
    async (tx) => {
      await mesh.publish("com.acme.release.approved.v1", { digest }, { tx });
      await shop.check(digest);
    },
  );
  // end statement
  console.log(`approved ${rows[0]?.digest}`);
}
