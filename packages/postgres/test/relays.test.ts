import { partitionOf } from "@meshwright/core/adapter";
import type { PostgresStore } from "@meshwright/postgres";
import { eventually } from "@meshwright/testing";
import type { Pool } from "pg";
import { expect, test } from "vitest";
import { commit, database, drain, ids, message, openStore, places, poolOn, row, take } from "./support.js";

/** Takes again and again until told to stop. What it ended as published goes into `got`, in order. */
async function relay(store: PostgresStore, got: string[], stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    const batch = await store.outbox.take(7);
    if (batch === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    got.push(...batch.rows.map(({ message: { key, id } }) => `${key} ${id}`));
    await batch.end({ published: places(batch) });
  }
}

async function waiting(pool: Pool): Promise<number> {
  return Number((await pool.query("SELECT count(*) AS n FROM mw_outbox")).rows[0]?.n);
}

test("32 writers, transactions long and short, four relays: nothing skipped, nothing twice, each key in order", async () => {
  const pool = poolOn(await database(), { max: 40 });
  const [writer, ...relays] = await Promise.all(Array.from({ length: 5 }, () => openStore({ pool })));
  const got: string[] = [];
  let done = false;
  const relaying = relays.map((store) => relay(store, got, () => done));
  const sent: string[][] = await Promise.all(
    Array.from({ length: 32 }, async (_, index) => {
      const key = `key-${index}`;
      const own: string[] = [];
      for (let turn = 0; turn < 15; turn += 1) {
        const rows = Array.from({ length: 1 + (turn % 3) }, () => row({ key }));
        const failing = turn % 5 === 4;
        const call = writer?.transaction(async (tx) => {
          await tx.append(rows);
          // Some stay open while others overtake them.
          if ((index + turn) % 4 === 0) await tx.client.query("SELECT pg_sleep(0.02)");
          if (failing) throw new Error("rolled back");
        });
        await call?.catch((error: unknown) => {
          if (!failing) throw error;
        });
        if (!failing) own.push(...rows.map(({ message: { id } }) => `${key} ${id}`));
      }
      return own;
    }),
  );
  await eventually("all is published", async () => (await waiting(pool)) === 0);
  done = true;
  await Promise.all(relaying);
  expect(got).toHaveLength(new Set(got).size);
  for (const [index, own] of sent.entries()) {
    expect(got.filter((one) => one.startsWith(`key-${index} `))).toEqual(own);
  }
  expect(got).toHaveLength(sent.flat().length);
});

test("one key, many relays that take turns: each row goes to one of them, in order", async () => {
  const pool = poolOn(await database(), { max: 12 });
  const relays = await Promise.all(Array.from({ length: 6 }, () => openStore({ pool })));
  const got: string[] = [];
  let done = false;
  const relaying = relays.map((store) => relay(store, got, () => done));
  const sent: string[] = [];
  for (let turn = 0; turn < 150; turn += 1) {
    const rows = [row({ key: "one" }), row({ key: "one" })];
    await relays[0]?.transaction((tx) => tx.append(rows));
    sent.push(...rows.map(({ message: { id } }) => `one ${id}`));
  }
  await eventually("all is published", async () => (await waiting(pool)) === 0);
  done = true;
  await Promise.all(relaying);
  expect(got).toEqual(sent);
});

test("a batch that is held beyond the lease goes to another relay, its session is over, and the pool has its place again", async () => {
  const url = await database();
  const pool = poolOn(url, { max: 1 });
  const silent = await openStore({ pool, lease: 200 });
  const heir = await openStore({ url });
  const sent = [message(), message()];
  await commit(heir, ...sent);
  const held = await take(silent);
  const taken = await take(heir);
  expect(ids(taken)).toEqual(sent.map(({ id }) => id));
  // The pool has no other connection, and the batch is not ended yet.
  await pool.query("SELECT 1");
  await expect(held.end({ published: places(held) })).rejects.toMatchObject({ code: "STORE_LEASE_LOST" });
  await taken.end({ published: places(taken).slice(0, 1) });
  expect(await drain(silent)).toEqual([sent[1]?.id]);
});

test("a batch whose session is ended from outside is lost, and its end says so once and again", async () => {
  const url = await database();
  const store = await openStore({ url });
  await commit(store, message());
  const held = await take(store);
  await poolOn(url).query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'",
  );
  const lost = { code: "STORE_LEASE_LOST", retryable: false };
  await expect(held.end({ published: places(held) })).rejects.toMatchObject(lost);
  await expect(held.end({ published: places(held) })).rejects.toMatchObject(lost);
  expect(await drain(store)).toHaveLength(1);
});

test("a batch is ended once; places that are not its own are passed over", async () => {
  const store = await openStore({ url: await database() });
  await commit(store, message({ key: "a" }));
  const first = await take(store);
  await first.end({ published: [] });
  await commit(store, message({ key: "a" }));
  const second = await take(store, 1);
  await second.end({
    published: ["999", "x', '1"],
    refused: [{ place: "7", code: "NO", message: "no" }],
  });
  await expect(second.end({ published: places(second) })).rejects.toMatchObject({ code: "STORE_LEASE_LOST" });
  expect(await drain(store)).toHaveLength(2);
});

test("a relay that has one half of the keys leaves the other half to others", async () => {
  const url = await database();
  const [one, two] = [await openStore({ url }), await openStore({ url })];
  const keys = Array.from({ length: 64 }, (_, index) => `key-${index}`);
  await commit(one, ...keys.map((key) => message({ key })));
  const [first, second] = [await take(one), await take(two)];
  const keysOf = ({ rows }: typeof first): string[] => rows.map(({ message: { key } }) => key);
  expect([...keysOf(first), ...keysOf(second)].sort()).toEqual([...keys].sort());
});

test("refused rows come back behind what is there, in their order, by their places alone", async () => {
  const store = await openStore({ url: await database() });
  const sent = [message(), message(), message()];
  await commit(store, ...sent);
  const batch = await take(store);
  const [, second, third] = places(batch) as [string, string, string];
  const cause = { code: "TOO_LARGE", message: "too large" };
  await batch.end({ published: [], refused: [third, second].map((place) => ({ place, ...cause })) });
  const shelf = await store.outbox.refused();
  expect(shelf.map(({ message: { id }, code, reason }) => [id, code, reason])).toEqual(
    sent.slice(1).map(({ id }) => [id, "TOO_LARGE", "too large"]),
  );
  expect(await store.outbox.restore(["0", "-1", "1.5", "x", "99999999999999999999"])).toBe(0);
  expect(await store.outbox.restore([third, second])).toBe(2);
  expect(await store.outbox.refused()).toEqual([]);
  expect(await drain(store)).toEqual(sent.map(({ id }) => id));
});

/** What the server has counted about the outbox, when it has counted so many deletions. Sessions tell what they did when they end. */
async function counted(url: string, deleted: number): Promise<{ seq_scan: number; idx_tup_fetch: number }> {
  const observer = poolOn(url);
  const counts = `SELECT seq_scan::int, idx_tup_fetch::int, n_tup_del::int FROM pg_stat_user_tables
    WHERE relname = 'mw_outbox'`;
  return eventually("the server has counted", async () => {
    const { rows } = await observer.query<{ seq_scan: number; idx_tup_fetch: number; n_tup_del: number }>(
      counts,
    );
    return rows[0]?.n_tup_del === deleted && rows[0];
  });
}

test("a relay reads and deletes along the primary key, however much there is", async () => {
  const url = await database();
  const store = await openStore({ url });
  const rows = Array.from({ length: 5_000 }, (_, index) =>
    row({ key: `key-${index}`, body: "x".repeat(500) }),
  );
  await store.transaction((tx) => tx.append(rows));
  expect(await drain(store, 500)).toHaveLength(5_000);
  await store.close();
  // Making a primary key reads the table once.
  expect((await counted(url, 5_000)).seq_scan).toBeLessThanOrEqual(1);
});

test("a relay reads its own rows, never those that others have", async () => {
  const url = await database();
  const [holder, other] = [await openStore({ url }), await openStore({ url })];
  // All in the lanes of one half.
  const keys = Array.from({ length: 1_000 }, (_, index) => `key-${index}`).filter(
    (key) => partitionOf(key, 16) >= 8,
  );
  const rows = Array.from({ length: 5_000 }, (_, index) => row({ key: keys[index % keys.length] ?? "" }));
  await holder.transaction((tx) => tx.append(rows));
  const held = await take(holder);
  for (let turn = 0; turn < 10; turn += 1) expect(await other.outbox.take(100)).toBeUndefined();
  await held.end({ published: [] });
  expect(await drain(other, 500)).toHaveLength(5_000);
  await Promise.all([holder.close(), other.close()]);
  // Each row once when it is taken and once when it is deleted, and what the holder had.
  expect((await counted(url, 5_000)).idx_tup_fetch).toBeLessThan(12_500);
});

test("a relay deletes what it took and reads nothing else, also where the planner thinks that the outbox is empty", async () => {
  const url = await database();
  const store = await openStore({ url });
  const rows = Array.from({ length: 2_000 }, () => row({ key: "one" }));
  await store.transaction((tx) => tx.append(rows));
  expect(await drain(store, 500)).toHaveLength(2_000);
  await poolOn(url).query("VACUUM (TRUNCATE false) mw_outbox");
  await store.transaction((tx) => tx.append(rows));
  for (let turn = 0; turn < 20; turn += 1) {
    const batch = await take(store, 1);
    await batch.end({ published: places(batch) });
  }
  await store.close();
  expect((await counted(url, 2_020)).idx_tup_fetch).toBeLessThan(5_000);
});
