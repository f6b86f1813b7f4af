import { postgresStore } from "@meshwright/postgres";
import { eventually, postgresServer, virtualClock } from "@meshwright/testing";
import pg, { type Pool } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { events } from "./streams/support.js";
import { commit, context, database, drain, message, openStore, poolOn, take } from "./support.js";

/** Sessions of this database that listen. */
async function listeners(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'",
  );
  return rows.map(({ pid }) => pid);
}

test("a pool that was given is never closed, and is left with the listeners it had", async () => {
  const url = await database();
  const pool = new pg.Pool({ connectionString: url });
  onTestFinished(() => pool.end());
  const store = await openStore({ pool });
  expect(pool.listenerCount("error")).toBe(1);
  await commit(store, message());
  await store.outbox.take(1);
  await store.close();
  expect(pool.listenerCount("error")).toBe(0);
  expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  expect(pool.idleCount).toBe(pool.totalCount);
  pool.on("error", () => undefined);
  await (await openStore({ pool })).close();
  expect(pool.listenerCount("error")).toBe(1);
});

test("close gives back what relays hold, and ends every connection of a pool of its own", async () => {
  const url = await database();
  const observer = poolOn(url);
  const other = await openStore({ url });
  const store = await openStore({ url });
  store.outbox.watch(() => undefined);
  await commit(store, message());
  const held = await take(store);
  const sessions = async (): Promise<number> =>
    Number(
      (
        await observer.query(
          "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'meshwright'",
        )
      ).rows[0]?.n,
    );
  await store.close();
  await store.close();
  await expect(held.end({ published: [] })).rejects.toMatchObject({ code: "STORE_CLOSED" });
  await eventually("the row is free", async () => (await drain(other)).length === 1);
  await other.close();
  await eventually("no session is left", async () => (await sessions()) === 0);
});

test("who watches is told of commits of other stores, also after its connection was lost", async () => {
  const url = await database();
  const observer = poolOn(url);
  const [writer, reader] = [await openStore({ url }), await openStore({ url })];
  let told = 0;
  const cancel = reader.outbox.watch(() => {
    told += 1;
  });
  for (let round = 0; round < 3; round += 1) {
    const [pid] = await eventually("it listens", async () => {
      const pids = await listeners(observer);
      return pids.length > 0 && pids;
    });
    const before = told;
    await commit(writer, message());
    await eventually("it is told", () => told > before);
    await observer.query("SELECT pg_terminate_backend($1)", [pid]);
    await eventually("that session is gone", async () => !(await listeners(observer)).includes(pid ?? 0));
  }
  cancel();
  await eventually("nobody listens", async () => (await listeners(observer)).length === 0);
});

test("others are told at once, and then of many commits together; the last are told at the end", async () => {
  const url = await database();
  const clock = virtualClock();
  const store = postgresStore({ url });
  await store.migrate();
  await store.open({ ...context, clock });
  const listener = new pg.Client(url);
  await listener.connect();
  onTestFinished(() => listener.end());
  let notices = 0;
  listener.on("notification", () => {
    notices += 1;
  });
  await listener.query("LISTEN mw_outbox");
  await commit(store, message());
  await eventually("it is told", () => notices === 1);
  for (let at = 0; at < 20; at++) await commit(store, message());
  await listener.query("SELECT 1");
  expect(notices).toBe(1);
  await eventually("a pause has begun", () => clock.pending > 0);
  await clock.advance("10ms");
  await eventually("the others are told", () => notices === 2);
  await commit(store, message());
  await store.close();
  await listener.query("SELECT 1");
  expect(notices).toBe(3);
});

test("a server that restarts is survived by pools of both kinds, without help", async () => {
  await using server = await postgresServer({ config: ["max_connections = 50"] });
  const pool = new pg.Pool({ connectionString: server.url });
  const stores = [await openStore({ pool }), await openStore({ url: server.url })];
  for (const store of stores) {
    store.outbox.watch(() => undefined);
    await commit(store, message());
  }
  await server.kill();
  for (const store of stores) {
    await expect(commit(store, message())).rejects.toMatchObject({ retryable: true });
    await expect(store.outbox.take(1)).rejects.toMatchObject({ retryable: true });
  }
  await server.start();
  for (const store of stores) await commit(store, message());
  expect(await drain(stores[0] as never)).toHaveLength(4);
  for (const store of stores) await store.close();
  await pool.end();
});

test("without prepared statements everything works, and none is made", async () => {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool, prepare: false });
  await store.transaction(async (tx) => {
    await tx.append([{ channel: "orders", message: message() }]);
    await tx.claim({ group: "g", source: "s", id: "1" });
    await tx.documents.write("c", [{ key: "k", body: "1" }]);
  });
  await store.streams.append("s", 0, events(2));
  expect(await store.streams.head()).toBe(2);
  expect((await pool.query("SELECT name FROM pg_prepared_statements")).rows).toEqual([]);
  expect(await drain(store)).toHaveLength(1);
  const prepared = await openStore({ pool });
  await commit(prepared, message());
  expect((await pool.query("SELECT name FROM pg_prepared_statements")).rows).toHaveLength(1);
});

test("options that cannot be right are refused at once", () => {
  const pool = new pg.Pool();
  const refused = expect.objectContaining({
    code: expect.stringMatching(/^(POSTGRES_OPTIONS|DURATION)_INVALID$/),
  });
  for (const options of [
    {},
    { pool, url: "postgres://localhost" },
    { url: "localhost" },
    { url: "mysql://localhost" },
    { pool, lease: 0 },
    { pool, lease: "60d" },
    { pool, timeout: -1 },
  ] as const) {
    expect(() => postgresStore(options)).toThrow(refused);
  }
});
