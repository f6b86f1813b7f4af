import type { Transaction } from "@meshwright/core/adapter";
import { type PostgresStore, postgresStore } from "@meshwright/postgres";
import { eventually } from "@meshwright/testing";
import type { Pool, PoolClient, PoolConfig } from "pg";
import { expect, test } from "vitest";
import { context, database, drain, openStore, poolOn, row } from "./support.js";

interface World {
  readonly store: PostgresStore;
  readonly pool: Pool;
  /** What is in the service's own table. */
  values(): Promise<string[]>;
}

/** A store, and a table that has "old" in it. */
async function world(config: PoolConfig = {}, options: { readonly prepare?: boolean } = {}): Promise<World> {
  const pool = poolOn(await database(), config);
  await pool.query("CREATE TABLE own (id int GENERATED ALWAYS AS IDENTITY, value text UNIQUE)");
  await pool.query("INSERT INTO own (value) VALUES ('old')");
  const values = async (): Promise<string[]> =>
    (await pool.query("SELECT value FROM own ORDER BY value")).rows.map(({ value }) => value);
  return { store: await openStore({ pool, ...options }), pool, values };
}

const insert = "INSERT INTO own (value) VALUES ($1)";
const publish =
  (...ids: string[]) =>
  (tx: Transaction): Promise<void> =>
    tx.append(ids.map((id) => row({ id })));

test("the statement and the events are done together, and the answer is the statement's own", async () => {
  const { store, values } = await world();
  let told = 0;
  store.outbox.watch(() => {
    told += 1;
  });
  const before = told;
  const result = await store.statement<{ id: number; value: string }>(
    `${insert} RETURNING *`,
    ["new"],
    publish("one"),
  );
  expect(result).toMatchObject({ command: "INSERT", rowCount: 1, rows: [{ id: 2, value: "new" }] });
  expect(told).toBeGreaterThan(before);
  const several = await store.statement(insert, ["newer"], async (tx) => {
    await tx.append([row({ id: "two", body: "\0" }), row({ id: "three" })]);
    await tx.append([]);
    await tx.append([row({ id: "four" })]);
  });
  expect(several).toMatchObject({ rowCount: 1, rows: [] });
  expect(await values()).toEqual(["new", "newer", "old"]);
  expect(await drain(store)).toEqual(["one", "two", "three", "four"]);
});

test.each<[name: string, text: string, values: unknown[], after: string[]]>([
  ["an UPDATE", "UPDATE own SET value = $1 WHERE value = $2", ["new", "old"], ["new"]],
  ["a DELETE with a semicolon", "DELETE FROM own;", [], []],
  ["a SELECT", "SELECT 1", [], ["old"]],
  [
    "comments ahead",
    `  -- insert\n/* what\n it is */ WITH one AS (SELECT $1) ${insert}`,
    ["new"],
    ["new", "old"],
  ],
  [
    "its own WITH",
    "WITH gone AS (DELETE FROM own RETURNING value) INSERT INTO own (value) SELECT value || $1 FROM gone",
    ["er"],
    ["older"],
  ],
  [
    "its own WITH RECURSIVE",
    `with recursive n AS (SELECT 1 AS n UNION SELECT n + 1 FROM n WHERE n < $1)
      INSERT INTO own (value) SELECT n::text FROM n`,
    [2],
    ["1", "2", "old"],
  ],
  ["nothing that it changes", "INSERT INTO own (value) VALUES ('old') ON CONFLICT DO NOTHING", [], ["old"]],
])("%s: with one event, with several and without", async (_, text, given, after) => {
  const { store, pool, values } = await world();
  for (const ids of [["a"], ["b", "c"], []]) {
    await pool.query("TRUNCATE own");
    await pool.query(insert, ["old"]);
    await store.statement(text, given, publish(...ids));
    expect(await values()).toEqual(after);
    expect(await drain(store)).toEqual(ids);
  }
});

test("where the statement fails there is no event, and its error is passed on", async () => {
  const { store, values } = await world();
  const failed = store.statement(insert, ["old"], publish("never"));
  await expect(failed).rejects.toMatchObject({ code: "23505", constraint: "own_value_key" });
  await expect(store.statement("NONSENSE", [], publish("never"))).rejects.toMatchObject({ code: "42601" });
  expect(await values()).toEqual(["old"]);
  expect(await drain(store)).toEqual([]);
});

test("where the work fails nothing is run", async () => {
  const { store, values } = await world();
  const error = new Error("the work failed");
  const failing = store.statement(insert, ["never"], async (tx) => {
    await publish("never")(tx);
    throw error;
  });
  await expect(failing).rejects.toBe(error);
  expect(await values()).toEqual(["old"]);
  expect(await drain(store)).toEqual([]);
});

test("all but publishing is refused, and nothing is run", async () => {
  const { store, values } = await world();
  const uses: ((tx: Transaction<PoolClient>) => unknown)[] = [
    (tx) => tx.claim({ group: "g", source: "s", id: "1" }),
    (tx) => tx.client.query("SELECT 1"),
    (tx) => tx.documents.read("c", []),
    (tx) => tx.log.read({ stream: "s", from: 1, limit: 1, backwards: false }),
    (tx) => tx.hold("checkpoint"),
    (tx) => tx.move("checkpoint", 1),
  ];
  for (const use of uses) {
    const refused = store.statement(insert, ["never"], async (tx) => use(tx));
    await expect(refused).rejects.toMatchObject({ code: "POSTGRES_STATEMENT_ONLY" });
  }
  expect(await values()).toEqual(["old"]);
});

test("after the work nothing more is taken", async () => {
  const { store } = await world();
  let late: Transaction<PoolClient> | undefined;
  await store.statement(insert, ["new"], async (tx) => {
    late = tx;
  });
  const ended = { code: "STORE_TX_ENDED" };
  await expect(late?.append([row()])).rejects.toMatchObject(ended);
  await expect(late?.claim({ group: "g", source: "s", id: "1" })).rejects.toMatchObject(ended);
  expect(await drain(store)).toEqual([]);
});

test("values that are not as many as the parameters are refused: none of ours takes their place", async () => {
  const { store, values } = await world();
  for (const [text, given] of [
    [insert, []],
    [insert, ["one", "two"]],
    ["INSERT INTO own (value) VALUES ($1 || $2)", ["one"]],
    ["INSERT INTO own (value) VALUES ('$1')", []],
  ] as const) {
    const refused = store.statement(text, given, publish("never"));
    await expect(refused).rejects.toMatchObject({ code: "POSTGRES_STATEMENT_VALUES" });
  }
  expect(await values()).toEqual(["old"]);
});

test.each([true, false])(
  "what is not one statement, or cannot follow WITH, is refused by the server: prepared %s",
  async (prepare) => {
    const { store, pool, values } = await world({}, { prepare });
    for (const text of [
      "BEGIN",
      "SELECT 1; DELETE FROM own",
      "SET search_path = nowhere",
      "DROP TABLE own",
      "",
    ]) {
      for (const ids of [["never"], []]) {
        await expect(store.statement(text, [], publish(...ids))).rejects.toMatchObject({ code: "42601" });
      }
    }
    expect(await values()).toEqual(["old"]);
    expect(await drain(store)).toEqual([]);
    expect(pool.idleCount).toBe(pool.totalCount);
  },
);

test("inside a transaction of the store, before open and after close it is refused", async () => {
  const { store, values } = await world();
  await store.transaction(async () => {
    const nested = store.statement(insert, ["never"], publish("never"));
    await expect(nested).rejects.toMatchObject({ code: "STORE_NESTED" });
  });
  expect(await values()).toEqual(["old"]);
  const unopened = postgresStore({ url: await database() });
  const early = unopened.statement(insert, ["never"], publish("never"));
  await expect(early).rejects.toMatchObject({ code: "STORE_NOT_OPEN" });
  await unopened.migrate();
  await unopened.open(context);
  await unopened.close();
  const late = unopened.statement(insert, ["never"], publish("never"));
  await expect(late).rejects.toMatchObject({ code: "STORE_CLOSED" });
});

test("a conflict is told as one, and retries run the statement again, not the work", async () => {
  const { store, pool, values } = await world({
    options: "-c default_transaction_isolation=repeatable\\ read",
  });
  const text = "UPDATE own SET value = value || $1";
  let works = 0;
  const work = async (tx: Transaction): Promise<void> => {
    works += 1;
    await publish(`event-${works}`)(tx);
  };
  for (const retries of [0, 1]) {
    const other = await pool.connect();
    await other.query("BEGIN; UPDATE own SET value = value || '.'");
    const waiting = store.statement(text, ["!"], work, { retries });
    waiting.catch(() => undefined);
    await eventually("it waits for the row", async () => {
      const { rows } = await pool.query(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows.length > 0;
    });
    await other.query("COMMIT");
    other.release();
    if (retries === 0)
      await expect(waiting).rejects.toMatchObject({ code: "STORE_CONFLICT", retryable: true });
    else await waiting;
  }
  expect(works).toBe(2);
  expect(await values()).toEqual(["old..!"]);
  expect(await drain(store)).toEqual(["event-2"]);
});

test("a connection that is lost meanwhile may have done it or not, one that cannot be had has not", async () => {
  const { store, pool } = await world({ max: 1 });
  const lost = store.statement("SELECT pg_terminate_backend(pg_backend_pid())", [], publish("lost"));
  await expect(lost).rejects.toMatchObject({ code: "POSTGRES_COMMIT_UNKNOWN", retryable: true });
  const only = await pool.connect();
  pool.options.connectionTimeoutMillis = 20;
  const none = store.statement(insert, ["never"], publish("never"));
  await expect(none).rejects.toMatchObject({ code: "POSTGRES_POOL_TIMEOUT", retryable: true });
  only.release();
  await store.statement(insert, ["new"], publish("kept"));
  expect(await drain(store)).toEqual(["kept"]);
});

test("texts are prepared, up to a number of them, and none where that is off", async () => {
  const prepared = async ({ pool }: World): Promise<number> => {
    const { rows } = await pool.query("SELECT name FROM pg_prepared_statements");
    return rows.length;
  };
  const one = await world({ max: 1 });
  for (let at = 0; at < 3; at++) await one.store.statement(insert, [`value ${at}`], publish(`event ${at}`));
  expect(await prepared(one)).toBe(1);
  for (let at = 0; at < 210; at++) await one.store.statement(`SELECT ${at}`, [], publish("event"));
  expect(await prepared(one)).toBe(200);
  const off = await world({ max: 1 }, { prepare: false });
  await off.store.statement(insert, ["new"], publish("event"));
  expect(await prepared(off)).toBe(0);
});
