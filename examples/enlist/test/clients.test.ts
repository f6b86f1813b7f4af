import { createMesh, type Mesh, type MeshEvent, memoryBroker, type Transaction } from "@meshwright/core";
import { drizzleClient, kyselyClient, type PostgresStore, postgresStore } from "@meshwright/postgres";
import { postgresServer } from "@meshwright/testing";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { Kysely, PostgresDialect } from "kysely";
import pg, { type Pool, type PoolClient, type PoolConfig } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { catalog } from "../src/shop.js";

interface World {
  readonly pool: Pool;
  readonly store: PostgresStore;
  readonly mesh: Mesh<typeof catalog, PoolClient>;
}

/** A database of its own, with a mesh on it that relays nothing. */
async function world(config: PoolConfig = {}): Promise<World> {
  const pool = await poolOnNew(config);
  await pool.query("CREATE SCHEMA tenant$2");
  const store = postgresStore({ pool });
  await store.migrate();
  const mesh = createMesh({ service: "releases", catalog, broker: memoryBroker(), store, relay: false });
  onTestFinished(() => mesh.stop());
  await mesh.start();
  return { pool, store, mesh };
}

async function poolOnNew(config: PoolConfig = {}): Promise<Pool> {
  const server = await postgresServer({ shared: true });
  const pool = new pg.Pool({ ...config, connectionString: await server.createDatabase() });
  onTestFinished(() => pool.end());
  return pool;
}

const kysely = (pool: Pool): Kysely<unknown> => new Kysely({ dialect: new PostgresDialect({ pool }) });
const secret = "sha256:secret";

async function refusal({ mesh }: World, tx: Transaction<PoolClient>): Promise<Error & { code: string }> {
  const publishing = mesh.publish("com.acme.release.approved.v1", { digest: secret }, { tx });
  return publishing.then(
    () => expect.fail("it was taken"),
    (error: Error & { code: string }) => error,
  );
}

/** Passes the refusal on, so that what is around it is rolled back. */
async function rejected(world: World, tx: Transaction<PoolClient>): Promise<never> {
  throw await refusal(world, tx);
}

test("a transaction of Kysely that is over says so", async () => {
  const here = await world();
  const over = kysely(here.pool)
    .transaction()
    .execute(async (trx) => here.store.enlist(kyselyClient(trx)));
  expect(await refusal(here, await over)).toMatchObject({ code: "STORE_TX_ENDED" });
  const controlled = await kysely(here.pool).startTransaction().execute();
  await controlled.rollback().execute();
  const tx = here.store.enlist(kyselyClient(controlled));
  expect(await refusal(here, tx)).toMatchObject({ code: "STORE_TX_ENDED" });
});

test("Kysely itself is in no transaction, and neither Kysely's nor Drizzle's database compiles", async () => {
  const here = await world();
  // @ts-expect-error it would commit each statement by itself
  const tx = here.store.enlist(kyselyClient(kysely(here.pool)));
  expect(await refusal(here, tx)).toMatchObject({ code: "STORE_NO_TRANSACTION" });
  // @ts-expect-error the same, but Drizzle does not tell
  drizzleClient(drizzle(here.pool), sql);
});

test("a transaction of another database is refused, with such tables in it or without", async () => {
  const [here, there] = [await world(), await world()];
  for (const pool of [there.pool, await poolOnNew()]) {
    const ofKysely = kysely(pool)
      .transaction()
      .execute(async (trx) => rejected(here, here.store.enlist(kyselyClient(trx))));
    await expect(ofKysely).rejects.toMatchObject({ code: "STORE_OTHER_DATABASE" });
    const ofDrizzle = drizzle(pool).transaction((trx) =>
      rejected(here, here.store.enlist(drizzleClient(trx, sql))),
    );
    await expect(ofDrizzle).rejects.toMatchObject({ code: "STORE_OTHER_DATABASE" });
  }
  expect(await there.store.outbox.take(1)).toBeUndefined();
});

test("what Drizzle says of a failed statement has no values in it", async () => {
  const here = await world();
  const failed: Promise<never> = drizzle(here.pool).transaction(async (trx) => {
    await trx.execute(sql`SELECT 1 / 0`).catch(() => undefined);
    return rejected(here, here.store.enlist(drizzleClient(trx, sql)));
  });
  const error = await failed.catch((reason: Error) => reason);
  expect(error).toMatchObject({ code: "POSTGRES_ERROR", cause: { code: "25P02" } });
  expect(`${error.message} ${error.cause}`).not.toContain(secret);
});

test("Drizzle is given batches and claims, also where a name looks like a parameter", async () => {
  const here = await world({ options: "-c search_path=tenant$2" });
  const claim = { group: "g", source: "s", id: "1" };
  const claimed = await drizzle(here.pool).transaction(async (trx) => {
    const tx = here.store.enlist(drizzleClient(trx, sql));
    const entry = { type: "com.acme.release.approved.v1", data: { digest: secret } } as const;
    await here.mesh.publishAll([entry, entry], { tx });
    await here.mesh.publish(entry.type, entry.data, { tx });
    return [await tx.claim(claim), await tx.claim(claim)];
  });
  expect(claimed).toEqual([true, false]);
  const { rows } = await here.pool.query("SELECT count(*)::int AS count FROM tenant$2.mw_outbox");
  expect(rows).toEqual([{ count: 3 }]);
});

test("streams, documents and checkpoints are in a transaction of Kysely's or Drizzle's like everything else", async () => {
  const { pool, store } = await world();
  const event = (id: string): MeshEvent => ({
    specversion: "1.0",
    id,
    source: "/test",
    type: "test.v1",
    data: 1,
  });
  const work = async (tx: Transaction<PoolClient>, version: number): Promise<void> => {
    const { streams } = store;
    const [one, two, three] = [0, 1, 2].map((at) => event(`${version + at}`)) as [
      MeshEvent,
      MeshEvent,
      MeshEvent,
    ];
    await streams.append("release/1", version, [one], { tx });
    expect(await streams.append("release/1", version + 1, [two, three], { tx })).toMatchObject({
      repeated: false,
    });
    expect(await streams.append("release/1", "any", [two, three], { tx })).toMatchObject({ repeated: true });
    const held = await tx.hold("releases");
    const { events, through } = await streams.page({ after: held ?? 0, limit: 10, types: ["test.v1"], tx });
    const { documents } = tx;
    const known = (await documents.read("releases", ["$1", "count"])).size;
    await documents.write("releases", [
      { key: "$1", body: String(events.length) },
      { key: "count", body: String(known) },
    ]);
    await tx.move("releases", through);
  };
  await kysely(pool)
    .transaction()
    .execute((trx) => work(store.enlist(kyselyClient(trx)), 0));
  await drizzle(pool).transaction((trx) => work(store.enlist(drizzleClient(trx, sql)), 3));
  expect(await store.streams.head()).toBe(6);
  expect(await store.checkpoints("")).toMatchObject([{ name: "releases", position: 3 }]);
  expect(await store.documents.list("releases")).toEqual([
    { key: "$1", body: "3" },
    { key: "count", body: "2" },
  ]);
});
