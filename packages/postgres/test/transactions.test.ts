import type { Transaction } from "@meshwright/core/adapter";
import { postgresStore } from "@meshwright/postgres";
import { eventually, type FaultProxy, faultProxy } from "@meshwright/testing";
import type { PoolClient } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { context, database, drain, openStore, poolOn, row, take } from "./support.js";

async function settled(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "resolved",
    (error: unknown) => error,
  );
}

test("after its end a transaction's client and the transaction are useless, and its session is another's", async () => {
  const pool = poolOn(await database(), { max: 2 });
  const store = await openStore({ pool });
  let kept: Transaction<PoolClient> | undefined;
  await store.transaction(async (tx) => {
    kept = tx;
    await tx.client.query("SELECT 1");
  });
  const tx = kept as Transaction<PoolClient>;
  const ended = { code: "STORE_TX_ENDED" };
  await expect(tx.client.query("SELECT 1")).rejects.toMatchObject(ended);
  await expect(tx.append([row()])).rejects.toMatchObject(ended);
  await expect(tx.claim({ group: "g", source: "s", id: "1" })).rejects.toMatchObject(ended);
  await expect(new Promise((_, reject) => void tx.client.query("SELECT 1", reject))).rejects.toMatchObject(
    ended,
  );
  expect(() => tx.client.connection).toThrow(expect.objectContaining(ended));
  expect(() => tx.client.on("error", () => undefined)).toThrow(expect.objectContaining(ended));
  expect(await drain(store)).toEqual([]);
});

test("a handler that goes on after its transaction was given up writes nothing anywhere", async () => {
  const pool = poolOn(await database(), { max: 1 });
  const store = await openStore({ pool });
  await pool.query("CREATE TABLE own (value int)");
  let late: () => Promise<unknown> = async () => undefined;
  const error = new Error("out of time");
  const given = store.transaction(async ({ client }) => {
    late = () => client.query("INSERT INTO own VALUES (1)");
    throw error;
  });
  expect(await settled(given)).toBe(error);
  await store.transaction(async ({ client }) => {
    expect(await settled(late())).toMatchObject({ code: "STORE_TX_ENDED" });
    await client.query("INSERT INTO own VALUES (2)");
  });
  expect((await pool.query("SELECT value FROM own")).rows).toEqual([{ value: 2 }]);
});

test("a statement that failed and was passed over makes the transaction reject, with nothing done", async () => {
  const store = await openStore({ pool: poolOn(await database()) });
  const call = store.transaction(async (tx) => {
    await tx.append([row()]);
    await tx.client.query("SELECT 1/0").catch(() => undefined);
  });
  await expect(call).rejects.toMatchObject({ code: "POSTGRES_ROLLED_BACK" });
  expect(await drain(store)).toEqual([]);
});

test("work that ends its transaction itself is told so, and appends nothing outside of one", async () => {
  const store = await openStore({ pool: poolOn(await database()) });
  await expect(store.transaction(({ client }) => client.query("COMMIT"))).rejects.toMatchObject({
    code: "POSTGRES_TX_ENDED_BY_WORK",
  });
  const append = store.transaction(async (tx) => {
    await tx.client.query("ROLLBACK");
    await tx.append([row()]);
  });
  await expect(append).rejects.toMatchObject({ code: "STORE_NO_TRANSACTION" });
  expect(await drain(store)).toEqual([]);
});

test("the client cannot be given back or ended by the work", async () => {
  const store = await openStore({ pool: poolOn(await database()) });
  await store.transaction(async ({ client }) => {
    for (const method of ["release", "end", "connect"] as const) {
      expect(() => client[method]()).toThrow(expect.objectContaining({ code: "POSTGRES_CLIENT_LENT" }));
    }
  });
});

test("an error of the service's own statement is passed on as it is, also one that comes at the commit", async () => {
  const pool = poolOn(await database());
  const store = await openStore({ pool });
  await pool.query("CREATE TABLE own (value int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  await expect(store.transaction(({ client }) => client.query("SELECT 1/0"))).rejects.toMatchObject({
    code: "22012",
  });
  const twice = store.transaction(async (tx) => {
    await tx.append([row()]);
    await tx.client.query("INSERT INTO own VALUES (1), (1)");
  });
  await expect(twice).rejects.toMatchObject({ code: "23505" });
  expect(await drain(store)).toEqual([]);
});

test("a deadlock is a conflict, wherever a library has wrapped it, and is done again with retries", async () => {
  const pool = poolOn(await database(), { options: "-c deadlock_timeout=50ms" });
  const store = await openStore({ pool });
  await pool.query("CREATE TABLE own (id int PRIMARY KEY, times int); INSERT INTO own VALUES (1, 0), (2, 0)");
  const bump = "UPDATE own SET times = times + 1 WHERE id = $1";
  let meet: () => void = () => undefined;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  let arrived = 0;
  const work = (first: number, retries: number) =>
    store.transaction(
      async ({ client }) => {
        await client.query(bump, [first]);
        arrived += 1;
        if (arrived === 2) meet();
        await met;
        await client.query(bump, [3 - first]).catch((cause: unknown) => {
          throw new Error("a library's own", { cause });
        });
      },
      { retries },
    );
  const outcomes = await Promise.allSettled([work(1, 0), work(2, 0)]);
  const refused = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  expect(refused).toEqual([expect.objectContaining({ code: "STORE_CONFLICT", retryable: true })]);
  await Promise.all([work(1, 20), work(2, 20)]);
  expect((await pool.query("SELECT times FROM own")).rows).toEqual([{ times: 3 }, { times: 3 }]);
});

test("what is refused at the commit for serializability is a conflict", async () => {
  const pool = poolOn(await database(), { options: "-c default_transaction_isolation=serializable" });
  const store = await openStore({ pool });
  await pool.query("CREATE TABLE own (value int)");
  let read = 0;
  let meet: () => void = () => undefined;
  const met = new Promise<void>((resolve) => {
    meet = resolve;
  });
  // Each reads what the other writes: neither waits, and one of the commits is refused.
  const work = (retries: number) =>
    store.transaction(
      async (tx) => {
        const { rows } = await tx.client.query<{ n: string }>("SELECT count(*) AS n FROM own");
        read += 1;
        if (read === 2) meet();
        await met;
        await tx.client.query("INSERT INTO own VALUES ($1)", [Number(rows[0]?.n) + 1]);
        await tx.append([row()]);
      },
      { retries },
    );
  await Promise.all([work(20), work(20)]);
  expect((await pool.query("SELECT value FROM own ORDER BY value")).rows).toEqual([
    { value: 1 },
    { value: 2 },
  ]);
  expect(await drain(store)).toHaveLength(2);
});

test("a connection lost before the commit, or during it, rejects; the store goes on", async () => {
  const url = new URL(await database());
  const proxy: FaultProxy = await faultProxy({ target: { host: url.hostname, port: Number(url.port) } });
  onTestFinished(() => proxy.close());
  url.port = String(proxy.port);
  const store = await openStore({ url: url.href });
  const lost = store.transaction(async (tx) => {
    await tx.append([row()]);
    proxy.cut();
  });
  await expect(lost).rejects.toMatchObject({ code: "POSTGRES_COMMIT_UNKNOWN", retryable: true });
  await expect(store.transaction(async () => undefined)).rejects.toMatchObject({
    code: "POSTGRES_DISCONNECTED",
    retryable: true,
  });
  await proxy.heal();
  await store.transaction((tx) => tx.append([row()]));
  expect(await drain(store)).toHaveLength(1);
});

test("a server that says nothing is waited for no longer than `timeout`, and the store goes on after it", async () => {
  const url = new URL(await database());
  const proxy = await faultProxy({ target: { host: url.hostname, port: Number(url.port) } });
  onTestFinished(() => proxy.close());
  url.port = String(proxy.port);
  const store = await openStore({ url: url.href, timeout: 200 });
  await store.transaction((tx) => tx.append([row()]));
  const batch = await take(store);
  await store.transaction(async () => undefined);
  proxy.blackHole();
  const silent = { code: "POSTGRES_DISCONNECTED", retryable: true };
  await expect(store.transaction(async () => undefined)).rejects.toMatchObject(silent);
  await expect(batch.end({ published: [] })).rejects.toMatchObject({ code: "STORE_LEASE_LOST" });
  proxy.cut();
  await proxy.heal();
  await eventually("the row is given out", async () => (await drain(store)).length === 1);
});

test("no session is left in a transaction, whatever became of the work", async () => {
  const pool = poolOn(await database(), { max: 4 });
  const store = await openStore({ pool });
  const works: ((tx: Transaction<PoolClient>) => Promise<unknown>)[] = [
    async () => undefined,
    async () => Promise.reject(new Error("no")),
    ({ client }) => client.query("SELECT 1/0"),
    ({ client }) => client.query("COMMIT; BEGIN"),
    async ({ client }) => void client.query("SELECT pg_sleep(0.05)"),
    ({ client }) => client.query("SELECT pg_terminate_backend(pg_backend_pid())"),
  ];
  await Promise.all(
    Array.from({ length: 24 }, (_, at) =>
      settled(store.transaction(works[at % works.length] ?? (async () => undefined))),
    ),
  );
  await store.outbox.take(1);
  const { rows } = await pool.query(
    "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
  );
  expect(rows).toEqual([]);
  expect(pool.idleCount).toBe(pool.totalCount);
});

test("appends side by side in one transaction are stored in the order of their calls", async () => {
  const store = await openStore({ pool: poolOn(await database()) });
  const rows = Array.from({ length: 20 }, () => row());
  await store.transaction(async (tx) => void (await Promise.all(rows.map((one) => tx.append([one])))));
  expect(await drain(store)).toEqual(rows.map(({ message }) => message.id));
});

test("everything is refused before open and after close", async () => {
  const pool = poolOn(await database());
  const store = postgresStore({ pool });
  await store.migrate();
  const calls = [
    () => store.transaction(async () => undefined),
    () => store.outbox.take(1),
    () => store.outbox.refused(),
    () => store.outbox.restore([]),
    () => store.outbox.remove([]),
    () => store.pruneInbox(0),
    async () => store.enlist(pool as never),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "STORE_NOT_OPEN" });
  await store.open(context);
  await store.close();
  for (const call of [...calls, () => store.open(context), () => store.migrate()]) {
    await expect(call()).rejects.toMatchObject({ code: "STORE_CLOSED" });
  }
});
