/** Drizzle on node-postgres: in a transaction of the store, and in one of its own. */
import { drizzleClient, type PostgresStore } from "@meshwright/postgres";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { pgTable, text } from "drizzle-orm/pg-core";
import type { Pool, PoolClient } from "pg";
import type { Shop } from "./shop.js";

const releases = pgTable("releases", { digest: text().primaryKey() });

export async function approve(
  shop: Shop<PoolClient, PostgresStore>,
  pool: Pool,
  digest: string,
): Promise<void> {
  const { mesh, store } = shop;
  // approve
  const db = drizzle(pool);
  await db.transaction(async (trx) => {
    await trx.insert(releases).values({ digest });
    const tx = store.enlist(drizzleClient(trx, sql));
    await mesh.publish("com.acme.release.approved.v1", { digest }, { tx });
    await shop.check(digest);
  });
  // end approve
}

export async function approveInStore(shop: Shop<PoolClient, PostgresStore>, digest: string): Promise<void> {
  const { mesh, store } = shop;
  // store
  await store.transaction(async (tx) => {
    await drizzle(tx.client).insert(releases).values({ digest });
    await mesh.publish("com.acme.release.approved.v1", { digest }, { tx });
    await shop.check(digest);
  });
  // end store
}
