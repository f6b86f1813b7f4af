/** Services on a database behind PgBouncer, which pools between transactions. */
import { createMesh, defineCatalog, defineEvent, memoryBroker, memoryServer } from "@meshwright/core";
import { postgresStore } from "@meshwright/postgres";
import { eventually, postgresServer } from "@meshwright/testing";
import { afterAll, expect, onTestFinished, type TestContext, test } from "vitest";
import { commit, message, openStore, poolOn } from "../support.js";
import { findBouncer } from "./bouncer.js";

const server = await postgresServer({ shared: true });
const { bouncer, missing } = await findBouncer(server.url);
afterAll(() => bouncer?.close());

const type = "com.acme.order.placed.v1";
const catalog = defineCatalog([
  defineEvent(type, {
    schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
  }),
]);

/** A database through the bouncer; skips the test where there is none, or none that can do it. */
async function database({ skip }: TestContext, prepare: boolean): Promise<string> {
  if (bouncer === undefined) return skip(missing);
  if (prepare && !bouncer.prepares)
    return skip(`PgBouncer ${bouncer.version} knows no prepared statements, 1.21 does`);
  return bouncer.through(await server.createDatabase());
}

test.for([false, true])(
  "what one service commits another one relays and handles once: prepare %s",
  async (prepare, test) => {
    const url = await database(test, prepare);
    const [pool, elsewhere] = [poolOn(url), poolOn(url)];
    await pool.query("CREATE TABLE own (n int); CREATE TABLE handled (n int)");
    const broker = memoryServer();
    const store = postgresStore({ pool, prepare });
    await store.migrate();
    const own = { service: "shop", catalog, broker: memoryBroker({ server: broker }), store, relay: false };
    const mesh = createMesh(own);
    onTestFinished(() => mesh.stop());
    // Told by nobody: NOTIFY does not get through, so it has to look.
    const relay = createMesh({
      service: "billing",
      catalog,
      broker: memoryBroker({ server: broker }),
      store: postgresStore({ pool: elsewhere, prepare }),
    });
    onTestFinished(() => relay.stop());
    relay.on(type, { transactional: true, concurrency: 8 }, async (event, ctx) => {
      await ctx.tx.client.query("INSERT INTO handled VALUES ($1)", [event.data.n]);
    });
    await Promise.all([mesh.start(), relay.start()]);
    const insert = "INSERT INTO own VALUES ($1)";
    const inTransaction = (n: number): Promise<unknown> =>
      store.transaction(async (tx) => {
        await tx.client.query(insert, [n]);
        await mesh.publish(type, { n }, { tx, key: `${n}` });
      });
    const inStatement = (n: number): Promise<unknown> =>
      store.statement(insert, [n], (tx) => mesh.publish(type, { n }, { tx, key: `${n}` }));
    const enlisted = async (n: number): Promise<unknown> => {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        await client.query(insert, [n]);
        await mesh.publish(type, { n }, { tx: store.enlist(client), key: `${n}` });
        return await client.query("COMMIT");
      } finally {
        client.release();
      }
    };
    const all = Array.from({ length: 60 }, (_, n) => n);
    const by = [inTransaction, inStatement, enlisted];
    await Promise.all(all.map((n) => by[n % by.length]?.(n)));
    const numbers = async (table: string): Promise<number[]> =>
      (await pool.query(`SELECT n FROM ${table} ORDER BY n`)).rows.map(({ n }) => n);
    expect(await numbers("own")).toEqual(all);
    await eventually("all are handled", async () => (await numbers("handled")).length >= all.length);
    expect(await numbers("handled")).toEqual(all);
    await eventually("the outbox is empty", async () => (await store.outbox.backlog()).rows === 0);
  },
);

test("prepared statements where it knows none are refused with what to do", async (test) => {
  const url = await database(test, false);
  if (bouncer?.prepares) return test.skip("this PgBouncer knows prepared statements");
  const stores = [await openStore({ url }), await openStore({ url })];
  const refused = { code: "POSTGRES_PREPARED", message: expect.stringContaining("`prepare: false`") };
  const refusalOf = (call: (store: (typeof stores)[0]) => Promise<unknown>): Promise<Error> =>
    eventually("a session changes hands", async () => {
      for (const store of stores) {
        const error = await call(store).then(
          () => undefined,
          (reason: Error) => reason,
        );
        if (error !== undefined) return error;
      }
      return undefined;
    });
  expect(await refusalOf((store) => commit(store, message()))).toMatchObject(refused);
  expect(await refusalOf((store) => store.statement("SELECT 1", [], async () => undefined))).toMatchObject(
    refused,
  );
});
