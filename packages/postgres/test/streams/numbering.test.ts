import type { PostgresStore } from "@meshwright/postgres";
import { eventually, spawnNode } from "@meshwright/testing";
import pg, { type Pool } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { database, openStore, poolOn } from "../support.js";
import { all, event, events, ids, isWaiting } from "./support.js";

/** A session that holds what numbering needs, until it is ended. */
async function blocked(url: string, sql: string): Promise<{ end(): Promise<void> }> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  let isOver = false;
  const end = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    await client.query("ROLLBACK");
    await client.end();
  };
  onTestFinished(end);
  return { end };
}

async function unnumbered(pool: Pool): Promise<number> {
  return Number((await pool.query("SELECT count(*) FROM mw_events_new")).rows[0]?.count);
}

/** How many sessions of this database wait for a lock: tests of others run on the same server. */
async function waitingHere(pool: Pool): Promise<number> {
  const { rows } = await pool.query(
    `SELECT 1 FROM pg_locks JOIN pg_database AS here ON here.oid = pg_locks.database
     WHERE datname = current_database() AND NOT granted`,
  );
  return rows.length;
}

async function expectPositions(store: PostgresStore, count: number): Promise<void> {
  const log = await all(store.streams.readAll());
  expect(log.map(({ position }) => position)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
  expect(new Set(ids(log)).size).toBe(count);
}

test("who numbers counts on from what the one before it has committed while this one waited", async () => {
  const url = await database();
  const stores = [await openStore({ url }), await openStore({ url }), await openStore({ url })];
  const [store] = stores as [PostgresStore];
  const observer = poolOn(url);
  await store.streams.append("s", 0, events(5));
  const block = await blocked(url, "LOCK TABLE mw_log IN SHARE MODE");
  const first = store.streams.head();
  await isWaiting(observer, 'INSERT INTO "public"."mw_log"');
  await store.streams.append("s", 5, events(5));
  const others = stores.slice(1).map((one) => one.streams.head());
  await eventually("the others wait for the first one, which is blocked", async () => {
    return (await waitingHere(observer)) === 3;
  });
  await block.end();
  // It asks for the end when it has counted: the others may have counted on by then.
  expect([5, 10]).toContain(await first);
  expect(await Promise.all(others)).toEqual([10, 10]);
  await expectPositions(store, 10);
});

test("a process killed in the middle of numbering leaves a whole log, and others go on", async () => {
  const url = await database();
  const store = await openStore({ url });
  const observer = poolOn(url);
  await store.streams.append("s", 0, events(50));
  const block = await blocked(url, "LOCK TABLE mw_log IN SHARE MODE");
  const victim = spawnNode(new URL("./numbering-child.ts", import.meta.url), [url]);
  onTestFinished(() => victim.kill());
  await isWaiting(observer, 'INSERT INTO "public"."mw_log"');
  await victim.kill("SIGKILL");
  await block.end();
  await store.streams.append("s", 50, events(50));
  expect(await store.streams.head()).toBe(100);
  await expectPositions(store, 100);
});

test("processes killed at any moment while they number and others write lose nothing and repeat nothing", async () => {
  const url = await database();
  const store = await openStore({ url });
  let { version } = await store.streams.append("s", 0, events(1));
  const victims = [0, 1, 2, 3].map(() => spawnNode(new URL("./numbering-child.ts", import.meta.url), [url]));
  for (const victim of victims) onTestFinished(() => victim.kill());
  await Promise.all(victims.map((victim) => victim.line("head 1")));
  let left = victims.length;
  const writing = (async () => {
    while (left > 0) ({ version } = await store.streams.append("s", version, events(7)));
  })();
  for (const victim of victims) {
    await victim.line("head");
    await victim.kill("SIGKILL");
    left -= 1;
  }
  await writing;
  expect(await store.streams.head()).toBe(version);
  await expectPositions(store, version);
});

test("a lock that is not had in time rejects, retryable, and the next call works", async () => {
  const url = await database();
  const pool = poolOn(url);
  const store = await openStore({ pool, timeout: 300 });
  await store.streams.append("s", 0, events(2));
  const block = await blocked(url, "LOCK TABLE mw_log IN SHARE MODE");
  const waiting = store.streams.head();
  await expect(waiting).rejects.toMatchObject({
    code: expect.stringMatching(/^POSTGRES_(LOCK_TIMEOUT|DISCONNECTED)$/),
    retryable: true,
  });
  await eventually("the server waits no longer", async () => {
    return (await waitingHere(pool)) === 0;
  });
  await block.end();
  expect(await store.streams.head()).toBe(2);
});

test("thousands that wait are numbered in several goes, in order, and a page asks for no more than it needs", async () => {
  const url = await database();
  const pool = poolOn(url);
  const store = await openStore({ pool });
  for (let at = 0; at < 30; at++) await store.streams.append(`s/${at}`, 0, events(1_000));
  const page = await store.streams.page({ after: 0, limit: 10 });
  expect(page.events.map(({ position, stream }) => [position, stream])).toEqual(
    Array.from({ length: 10 }, (_, at) => [at + 1, "s/0"]),
  );
  expect(await unnumbered(pool)).toBe(20);
  expect(await store.streams.head()).toBe(30_000);
  expect(await unnumbered(pool)).toBe(0);
  await expectPositions(store, 30_000);
});

test("a poll that finds nothing new is one query, on one connection", async () => {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool });
  await store.streams.append("s", 0, events(3));
  expect(await store.streams.head()).toBe(3);
  let queries = 0;
  const client = await pool.connect();
  const { query } = client;
  Object.assign(client, {
    query: (...args: unknown[]) => {
      queries += 1;
      return (query as (...all: unknown[]) => unknown).apply(client, args);
    },
  });
  client.release();
  const options = { after: 3, limit: 100 };
  for (const asked of [
    () => store.streams.page(options),
    () => store.streams.page({ ...options, types: ["test.v1"] }),
    () => store.streams.head(),
  ]) {
    queries = 0;
    await asked();
    expect(queries).toBe(1);
  }
});

test("transactions that have all connections read on all the same, and are told when there is more", async () => {
  const url = await database();
  const pool = poolOn(url, { max: 1 });
  const [store, other] = [await openStore({ pool }), await openStore({ url })];
  let told = 0;
  store.streams.watch(() => {
    told += 1;
  });
  await eventually("it listens", () => told > 0);
  const heard = told;
  await other.streams.append("s", 0, events(2));
  await eventually("it is told of the append", () => told > heard);
  const before = told;
  const read = (): Promise<string[]> =>
    store.transaction(async (tx) => ids((await store.streams.page({ after: 0, limit: 10, tx })).events));
  expect(await read()).toEqual([]);
  await eventually("it is told that there is more", () => told > before);
  expect(await read()).toHaveLength(2);
  const page = other.transaction(async (tx) => {
    await store.streams.append("s", 2, [event({ id: "newer" })]);
    return other.streams.page({ after: 2, limit: 10, tx });
  });
  expect(ids((await page).events)).toEqual(["newer"]);
});
