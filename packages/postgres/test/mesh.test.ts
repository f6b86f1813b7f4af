import {
  createMesh,
  defineCatalog,
  defineEvent,
  memoryBroker,
  memoryServer,
  memoryStore,
  type Transaction,
} from "@meshwright/core";
import { postgresStore } from "@meshwright/postgres";
import { eventually } from "@meshwright/testing";
import pg, { type PoolClient } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { context, database, openStore, poolOn } from "./support.js";

const numbered = {
  schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
} as const;
const ordered = defineEvent("com.acme.order.placed.v1", numbered);
const billed = defineEvent("com.acme.order.billed.v1", numbered);
const catalog = defineCatalog([ordered, billed]);

test("a mesh publishes with the service's rows, from its own transactions and from the service's, and handles once", async () => {
  const url = await database();
  const pool = poolOn(url);
  await pool.query("CREATE TABLE own (n int); CREATE TABLE told (n int)");
  const store = postgresStore({ pool });
  await store.migrate();
  const mesh = createMesh({
    service: "shop",
    catalog,
    broker: memoryBroker({ server: memoryServer() }),
    store,
  });
  onTestFinished(() => mesh.stop());
  const seen: unknown[] = [];
  mesh.on("com.acme.order.placed.v1", { name: "billing", transactional: true }, async (event, ctx) => {
    await ctx.tx.client.query("INSERT INTO own VALUES ($1)", [event.data.n]);
    ctx.publish("com.acme.order.billed.v1", { n: event.data.n });
  });
  mesh.on("com.acme.order.billed.v1", { name: "audit" }, async (event) => void seen.push(event.data.n));
  await mesh.start();

  await store.transaction((tx) => mesh.publish("com.acme.order.placed.v1", { n: 1 }, { tx }));
  await store
    .transaction(async (tx) => {
      await mesh.publish("com.acme.order.placed.v1", { n: 2 }, { tx });
      throw new Error("rolled back");
    })
    .catch(() => undefined);
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("BEGIN");
  await mesh.publish("com.acme.order.placed.v1", { n: 3 }, { tx: store.enlist(client) });
  await client.query("COMMIT");

  await store.statement("INSERT INTO told VALUES ($1)", [4], (tx) =>
    mesh.publish("com.acme.order.placed.v1", { n: 4 }, { tx }),
  );

  await eventually("all have been billed", () => seen.length === 3);
  expect(seen.sort()).toEqual([1, 3, 4]);
  expect((await pool.query("SELECT n FROM own ORDER BY n")).rows).toEqual([{ n: 1 }, { n: 3 }, { n: 4 }]);
  expect((await pool.query("SELECT n FROM told")).rows).toEqual([{ n: 4 }]);
});

test("a mesh refuses a transaction of another store, and one of another database that its store has enlisted", async () => {
  const store = postgresStore({ url: await database() });
  await store.migrate();
  const mesh = createMesh({ service: "shop", catalog, broker: memoryBroker(), store, relay: false });
  onTestFinished(() => mesh.stop());
  await mesh.start();
  const refusal = (tx: Transaction<PoolClient>, code: string): Promise<void> =>
    expect(mesh.publish("com.acme.order.placed.v1", { n: 1 }, { tx })).rejects.toMatchObject({ code });
  const url = await database();
  const other = await openStore({ url });
  await other.transaction((tx) => refusal(tx, "TX_FOREIGN"));
  const memory = memoryStore();
  await memory.open(context);
  await memory.transaction((tx) => refusal(tx as unknown as Transaction<PoolClient>, "TX_FOREIGN"));
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("BEGIN");
  await refusal(other.enlist(client), "TX_FOREIGN");
  await refusal(store.enlist(client), "STORE_OTHER_DATABASE");
  await client.query("COMMIT");
  expect(await other.outbox.take(1)).toBeUndefined();
});
