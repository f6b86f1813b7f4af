import { type Clock, type ProjectionHandle, systemClock } from "@meshwright/core";
import { type PostgresStore, postgresStore } from "@meshwright/postgres";
import { eventually, virtualClock } from "@meshwright/testing";
import type { Pool } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { type AppliedOptions, applied, countMesh, numbered } from "./projection-support.js";
import { database, openStore, poolOn } from "./support.js";

/** A database with a pool, and a store to append with. */
async function world(): Promise<{ url: string; pool: Pool; store: PostgresStore }> {
  const url = await database();
  return { url, pool: poolOn(url), store: await openStore({ url }) };
}

async function running(url: string, options: AppliedOptions = {}, clock: Clock = systemClock) {
  const mesh = countMesh(postgresStore({ url }), clock);
  onTestFinished(() => mesh.stop({ timeout: 0 }));
  const handle = mesh.projection(applied(options));
  await mesh.start();
  const health = async () => (await mesh.health()).projections[0];
  return { mesh, handle, health };
}

async function rows(pool: Pool, table = "applied_1"): Promise<number[]> {
  const found = await pool.query<{ n: number }>(`SELECT n FROM ${table} ORDER BY nr`);
  return found.rows.map(({ n }) => n);
}

async function documentOf(handle: ProjectionHandle<readonly number[]>, stream: string) {
  return handle.documents.get(stream);
}

test("rows, documents and checkpoint are one transaction; a new version is built beside, and a view switches", async () => {
  const { url, pool, store } = await world();
  const live: AppliedOptions["live"] = ({ tx, version }) =>
    tx.client.query(`CREATE OR REPLACE VIEW applied AS SELECT * FROM applied_${version}`);
  await store.streams.append("count/a", 0, numbered(1, 2, 3));
  const old = await running(url, { live });
  await old.handle.ready();
  expect(await rows(pool, "applied")).toEqual([1, 2, 3]);

  let isBroken = true;
  const young = await running(url, {
    version: 2,
    live,
    handles: (position) => {
      if (position === 2 && isBroken) throw new Error("not yet");
    },
  });
  await eventually("it stands", async () => (await young.health())?.state === "failing");
  await store.streams.append("count/a", 3, numbered(4));
  await young.handle.caughtUp();
  expect(await documentOf(young.handle, "count/a")).toEqual([1, 2, 3, 4]);
  expect(await rows(pool, "applied")).toEqual([1, 2, 3, 4]);

  isBroken = false;
  await young.handle.ready();
  expect(await rows(pool, "applied")).toEqual([2, 4, 6, 8]);
  expect(await documentOf(young.handle, "count/a")).toEqual([2, 4, 6, 8]);
  await store.streams.append("count/a", 4, numbered(5));
  await old.handle.caughtUp();
  expect(await documentOf(old.handle, "count/a")).toEqual([1, 2, 3, 4, 5]);

  await old.handle.goLive();
  expect(await rows(pool, "applied")).toEqual([1, 2, 3, 4, 5]);
  await young.mesh.stop();
  expect(await old.handle.retire(2)).toBe(1);
  expect(await store.documents.list("applied@2")).toEqual([]);
});

test("a statement that fails without its handler noticing is found, and all before it is in", async () => {
  const { url, pool, store } = await world();
  await store.streams.append("count/a", 0, numbered(...Array.from({ length: 20 }, (_, n) => n + 1)));
  let isBroken = true;
  const { handle, health } = await running(url, {
    handles: async (position, client) => {
      if (position === 13 && isBroken) await client.query("SELECT 1 / 0").catch(() => undefined);
    },
  });
  await eventually("it stands", async () => (await health())?.state === "failing");
  expect(await health()).toMatchObject({ position: 12, error: { position: 13, stream: "count/a" } });
  expect(await rows(pool)).toHaveLength(12);
  isBroken = false;
  await handle.caughtUp();
  expect(await rows(pool)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
});

test("who does not have it waits; an owner whose session ends loses what it did, and another goes on", async () => {
  const { url, pool, store } = await world();
  await store.streams.append("count/a", 0, numbered(1, 2, 3));
  let resume: () => void = () => undefined;
  let isHeld = false;
  const owner = await running(url, {
    handles: (position) => {
      if (position !== 2 || isHeld) return undefined;
      isHeld = true;
      return new Promise<void>((resolve) => {
        resume = resolve;
      });
    },
  });
  await eventually("it is in the middle", () => isHeld);
  const clock = virtualClock();
  const heir = await running(url, {}, clock);
  const calls = [heir.handle.caughtUp(), heir.handle.goLive(), heir.handle.retire(7)];
  let outcomes: unknown;
  void Promise.allSettled(calls).then((settled) => {
    outcomes = settled;
  });
  // Time goes on no faster than the database answers.
  await eventually("they give up", async () => {
    await heir.health();
    await clock.advance("200ms");
    return outcomes;
  });
  const codes = ["PROJECTION_BEHIND", "PROJECTION_TAKEN"].map((code) => ({ reason: { code } }));
  expect(outcomes).toMatchObject([...codes, { status: "fulfilled", value: 0 }]);
  expect(await heir.health()).toMatchObject({ state: "building", position: 0, lag: 3 });

  await pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'",
  );
  await eventually("all is in", async () => {
    await clock.advance("200ms");
    return (await heir.health())?.position === 3;
  });
  resume();
  await owner.handle.caughtUp();
  await store.streams.append("count/a", 3, numbered(4));
  await owner.handle.caughtUp();
  expect(await rows(pool)).toEqual([1, 2, 3, 4]);
});

test("transactions that stay open while others overtake them: nothing is missed, nothing comes twice", async () => {
  const { url, pool, store } = await world();
  const { handle } = await running(url);
  const second = await running(url);
  let n = 0;
  await Promise.all(
    Array.from({ length: 12 }, async (_, writer) => {
      for (let turn = 0; turn < 12; turn++) {
        const events = numbered(++n, ++n);
        const work = store.transaction(async (tx) => {
          await store.streams.append(`count/${writer}`, "any", events, { tx });
          if ((writer + turn) % 4 === 0) await tx.client.query("SELECT pg_sleep(0.03)");
          if (turn % 5 === 4) throw new Error("rolled back");
        });
        await work.catch(() => undefined);
      }
    }),
  );
  await handle.caughtUp();
  await second.handle.caughtUp();
  const log = [];
  for await (const { event } of store.streams.readAll()) log.push((event.data as { n: number }).n);
  expect(await rows(pool)).toEqual(log);
});
