/** What a transaction appends to the outbox goes with COMMIT, or before the next statement. */
import type { Transaction } from "@meshwright/core/adapter";
import type { PostgresStore } from "@meshwright/postgres";
import { eventually } from "@meshwright/testing";
import type { Pool, PoolClient } from "pg";
import { expect, test } from "vitest";
import { database, drain, openStore, poolOn, row } from "./support.js";

/** The only client of the pool, and how often it was asked. */
async function counted(pool: Pool): Promise<{ asked: number }> {
  const client = await pool.connect();
  const count = { asked: 0 };
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  Object.assign(client, {
    query: (...args: unknown[]) => {
      count.asked += 1;
      return query(...args);
    },
  });
  client.release();
  return count;
}

/** A store into whose outbox nothing may be written, until it is allowed. */
async function openWithoutRights(): Promise<{ store: PostgresStore; pool: Pool; allow(): Promise<unknown> }> {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool });
  await pool.query(`CREATE TABLE own (value int);
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'insufficient_privilege'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON mw_outbox EXECUTE FUNCTION refuse()`);
  return { store, pool, allow: () => pool.query("DROP TRIGGER refuse ON mw_outbox") };
}

const insert = "INSERT INTO own VALUES (1)";

async function ownRows(pool: Pool): Promise<number> {
  return Number((await pool.query("SELECT count(*) FROM own")).rows[0]?.count);
}

async function idsOf(store: PostgresStore): Promise<string[]> {
  return drain(store, 2_000);
}

test.each([true, false])("events take no round trip of their own (prepare: %s)", async (prepare) => {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool, prepare });
  await pool.query("CREATE TABLE own (value int)");
  const count = await counted(pool);
  const rows = [row(), row({ body: Buffer.from([0, 1, 255]) }), row({ key: "other" })];
  await store.transaction(async (tx) => {
    await tx.client.query(insert);
    for (const one of rows) await tx.append([one]);
  });
  // BEGIN, the insertion, and the events with COMMIT.
  expect(count.asked).toBe(3);
  await eventually("NOTIFY was sent", async () => count.asked === 4);
  await store.transaction((tx) => tx.append([row()]));
  expect(count.asked).toBe(6);
  expect(await ownRows(pool)).toBe(1);
  expect(await idsOf(store)).toHaveLength(4);
});

test("a savepoint holds for events as for any statement", async () => {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool });
  const [before, undone, after] = [row(), row(), row()];
  await store.transaction(async (tx) => {
    await tx.append([before]);
    await tx.client.query("SAVEPOINT here");
    await tx.append([undone]);
    await tx.client.query("ROLLBACK TO here");
    await tx.append([after]);
  });
  expect(await idsOf(store)).toEqual([before.message.id, after.message.id]);
});

test("so does one that is asked for with a callback, or while the store's own statement is under way", async () => {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool });
  const kept = row();
  await store.transaction(async (tx) => {
    const query = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        tx.client.query(text, (error: Error | null) => (error ? reject(error) : resolve()));
      });
    await tx.append([kept]);
    await query("SAVEPOINT here");
    const claimed = tx.claim({ group: "g", source: "s", id: "1" });
    await tx.append([row()]);
    await Promise.all([claimed, query("ROLLBACK TO here")]);
  });
  expect(await idsOf(store)).toEqual([kept.message.id]);
});

test("so many that they would take much memory are sent before, in order", async () => {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool });
  const count = await counted(pool);
  const rows = Array.from({ length: 1_200 }, () => row());
  const long = Array.from({ length: 3 }, () => row({ body: "x".repeat(600_000) }));
  await store.transaction(async (tx) => {
    for (const one of rows) await tx.append([one]);
    for (const one of long) await tx.append([one]);
  });
  // BEGIN; 500, 500, 200 with the first two of the long ones; one with COMMIT.
  expect(count.asked).toBe(5);
  expect(await idsOf(store)).toEqual([...rows, ...long].map(({ message }) => message.id));
});

test("so are those that are appended side by side, also ahead of a statement", async () => {
  const store = await openStore({ pool: poolOn(await database(), { max: 1 }) });
  const rows = Array.from({ length: 2_600 }, () => row());
  await store.transaction(async (tx) => {
    const claimed = tx.claim({ group: "g", source: "s", id: "1" });
    const appended = rows.slice(0, 2_100).map((one) => tx.append([one]));
    const asked = tx.client.query("SAVEPOINT here");
    for (const one of rows.slice(2_100)) appended.push(tx.append([one]));
    await Promise.all([claimed, asked, ...appended]);
  });
  expect(await drain(store, 5_000)).toEqual(rows.map(({ message }) => message.id));
});

test("bytes may be used anew once they are appended", async () => {
  const store = await openStore({ pool: poolOn(await database()) });
  const body = Buffer.from("as appended");
  await store.transaction(async (tx) => {
    await tx.append([row({ body })]);
    body.fill(0);
  });
  const batch = await store.outbox.take(1);
  expect(Buffer.from(batch?.rows[0]?.message.body ?? "").toString()).toBe("as appended");
  await batch?.end({ published: [] });
});

const refusedAt: Record<string, (store: PostgresStore) => Promise<unknown>> = {
  "with COMMIT": (store) =>
    store.transaction(async (tx) => {
      await tx.client.query(insert);
      await tx.append([row()]);
    }),
  "before another statement": (store) =>
    store.transaction(async (tx) => {
      await tx.append([row()]);
      await tx.client.query(insert);
    }),
  "before another one of the store": (store) =>
    store.transaction(async (tx) => {
      await tx.client.query(insert);
      await tx.append([row()]);
      await tx.claim({ group: "g", source: "s", id: "1" });
    }),
  "and passed over": (store) =>
    store.transaction(async (tx) => {
      await tx.append([row()]);
      await tx.client.query(insert).catch(() => undefined);
    }),
  "when there are too many to wait": (store) =>
    store.transaction(async (tx) => {
      await tx.client.query(insert);
      await tx.append(Array.from({ length: 600 }, () => row()));
    }),
};

test.each(Object.entries(refusedAt))(
  "events that are refused %s undo the transaction, which says why",
  async (_, run) => {
    const { store, pool, allow } = await openWithoutRights();
    await expect(run(store)).rejects.toMatchObject({ code: "POSTGRES_NO_PERMISSION", retryable: false });
    expect(await ownRows(pool)).toBe(0);
    await allow();
    await run(store);
    expect(await ownRows(pool)).toBe(1);
  },
);

test("an error of the work's own is passed on, also where events were refused under a savepoint before", async () => {
  const { store } = await openWithoutRights();
  const own = new Error("own");
  const call = store.transaction(async (tx) => {
    await tx.client.query("SAVEPOINT here");
    await tx.append([row()]);
    await expect(tx.client.query("SELECT 1")).rejects.toMatchObject({ code: "25P02" });
    await tx.client.query("ROLLBACK TO here");
    throw own;
  });
  await expect(call).rejects.toBe(own);
});

test("a constraint that is looked at with COMMIT is the service's own error, and no event is there", async () => {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool });
  await pool.query("CREATE TABLE own (value int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  const call = store.transaction(async (tx) => {
    await tx.client.query("INSERT INTO own VALUES (1), (1)");
    await tx.append([row()]);
  });
  await expect(call).rejects.toMatchObject({ code: "23505", constraint: "own_value_key" });
  expect(await idsOf(store)).toEqual([]);
});

test("events that are refused for serializability are a conflict, and done again with retries", async () => {
  const url = await database();
  const pool = poolOn(url, { max: 4, options: "-c default_transaction_isolation=serializable" });
  const store = await openStore({ pool });
  await pool.query("CREATE TABLE own (name text, value int); INSERT INTO own VALUES ('a', 1), ('b', 1)");
  let runs = 0;
  const work = (mine: string, other: string) => async (tx: Transaction<PoolClient>) => {
    runs += 1;
    await tx.client.query("SELECT value FROM own WHERE name = $1", [other]);
    await tx.client.query("UPDATE own SET value = value + 1 WHERE name = $1", [mine]);
    await tx.append([row()]);
  };
  const both = (retries: number): Promise<PromiseSettledResult<void>[]> =>
    Promise.allSettled([
      store.transaction(work("a", "b"), { retries }),
      store.transaction(work("b", "a"), { retries }),
    ]);
  const results = await eventually("they are in each other's way", async () => {
    const found = await both(0);
    return found.some(({ status }) => status === "rejected") ? found : undefined;
  });
  const refused = results.find((one) => one.status === "rejected");
  expect(refused?.reason).toMatchObject({ code: "STORE_CONFLICT", retryable: true });
  runs = 0;
  await eventually("one of them had to be done again, and both were done", async () => {
    const found = await both(5);
    expect(found.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    return runs > 2;
  });
});

test("a connection that is known to be lost before COMMIT has committed nothing, and says so", async () => {
  const url = await database();
  const store = await openStore({ url });
  const admin = poolOn(url);
  const call = store.transaction(async (tx) => {
    await tx.append([row()]);
    const lost = new Promise((resolve) => tx.client.once("error", resolve));
    const { rows } = await tx.client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    await admin.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
    await lost;
  });
  await expect(call).rejects.toMatchObject({ code: "POSTGRES_UNAVAILABLE", retryable: true });
  expect(await idsOf(store)).toEqual([]);
});
