/** A transaction of Kysely. */
import { kyselyClient, type PostgresStore } from "@meshwright/postgres";
import { Kysely, PostgresDialect } from "kysely";
import type { Pool, PoolClient } from "pg";
import type { Shop } from "./shop.js";

interface Database {
  releases: { digest: string };
}

export async function approve(
  shop: Shop<PoolClient, PostgresStore>,
  pool: Pool,
  digest: string,
): Promise<void> {
  const { mesh, store } = shop;
  // approve
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  await db.transaction().execute(async (trx) => {
    await trx.insertInto("releases").values({ digest }).execute();
    const tx = store.enlist(kyselyClient(trx));
    await mesh.publish("com.acme.release.approved.v1", { digest }, { tx });
    await shop.check(digest);
  });
  // end approve
}
