import {
  migrations,
  type PostgresStore,
  type PostgresStoreOptions,
  postgresStore,
} from "@meshwright/postgres";
import { spawnNode } from "@meshwright/testing";
import type { Pool } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { all, events } from "./streams/support.js";
import { commit, context, database, drain, message, openStore, poolOn } from "./support.js";

function storeOn(options: PostgresStoreOptions): PostgresStore {
  const store = postgresStore(options);
  onTestFinished(() => store.close());
  return store;
}

/** What makes a login of this name, and the URL with it. */
async function login(pool: Pool, url: string, rights: string): Promise<string> {
  const name =
    `user_${new URL(url).pathname.slice(1)}_${Math.random().toString(36).slice(2, 8)}`.toLowerCase();
  await pool.query(`CREATE USER ${name} PASSWORD 'secret'; ${rights.replaceAll("NAME", name)}`);
  const own = new URL(url);
  own.username = name;
  own.password = "secret";
  return own.href;
}

/** As docs/postgres.md has them. */
const allRights = `GRANT SELECT ON mw_migrations TO NAME;
  GRANT SELECT, INSERT, DELETE ON mw_outbox, mw_outbox_refused, mw_inbox, mw_events_new TO NAME;
  GRANT SELECT, INSERT ON mw_events, mw_log TO NAME;
  GRANT SELECT, INSERT, UPDATE ON mw_streams, mw_checkpoints TO NAME;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mw_documents TO NAME;`;

/** All that is done with the tables of streams, documents and checkpoints. */
async function everyWordOfStreams(store: PostgresStore): Promise<void> {
  await store.streams.append("s", 0, events(2));
  await store.transaction(async (tx) => {
    await store.streams.append("s", "any", events(1), { tx });
    await store.streams.page({ after: 0, limit: 10, tx });
    expect(await tx.hold("c")).toBe(0);
    await tx.move("c", 1);
    await tx.move("c", 2);
    await tx.documents.read("d", ["k", "n"]);
    await tx.documents.write("d", [{ key: "k", body: "1" }]);
    await tx.documents.write("d", [
      { key: "k", body: "2" },
      { key: "n", body: undefined },
    ]);
    await tx.documents.list("d");
    await tx.documents.write("d", [{ key: "k", body: undefined }]);
  });
  expect(await store.streams.head()).toBe(3);
  expect(await all(store.streams.read("s"))).toHaveLength(3);
  expect(await store.documents.list("d")).toEqual([]);
  expect(await store.documents.clear("d")).toBe(0);
  expect(await store.checkpoints("")).toMatchObject([{ name: "c", position: 2 }]);
}

describe("migrating", () => {
  test("eight pools and three processes at the same time make the tables once", async () => {
    const url = await database();
    const children = Array.from({ length: 3 }, () =>
      spawnNode(new URL("./migrate-child.ts", import.meta.url), [url]),
    );
    for (const child of children) onTestFinished(() => child.kill());
    const stores = Array.from({ length: 8 }, () => storeOn({ url }));
    await Promise.all([
      ...children.map((child) => child.line("migrated")),
      ...stores.map((store) => store.migrate()),
    ]);
    await Promise.all(stores.map((store) => store.open(context)));
    const { rows } = await poolOn(url).query("SELECT version, name FROM mw_migrations");
    expect(rows).toEqual(migrations().map(({ version, name }) => ({ version, name })));
  });

  test("again does nothing; other prefixes and schemas are others", async () => {
    const url = await database();
    const stores = [{}, { prefix: "other" }, { schema: "events" }, { schema: "events", prefix: "other" }].map(
      (names) => storeOn({ url, ...names }),
    );
    for (const store of stores) {
      await store.migrate();
      await store.migrate();
      await store.open(context);
    }
    for (const [index, store] of stores.entries()) await commit(store, message({ id: String(index) }));
    for (const [index, store] of stores.entries()) expect(await drain(store)).toEqual([String(index)]);
  });

  test("the SQL for people gives what the call gives", async () => {
    const [byCall, bySql] = [await database(), await database()];
    const names = { prefix: "app", schema: "events" };
    await storeOn({ url: byCall, ...names }).migrate();
    const pool = poolOn(bySql);
    await pool.query("CREATE SCHEMA events");
    for (const { sql } of migrations(names)) await pool.query(`BEGIN;\n${sql}\nCOMMIT;`);
    await storeOn({ url: bySql, ...names }).open(context);
    const columns = `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
      WHERE table_schema = 'events' ORDER BY 1, 2`;
    const made = (await pool.query(columns)).rows;
    expect(made.length).toBeGreaterThan(20);
    expect((await poolOn(byCall).query(columns)).rows).toEqual(made);
  });

  test("tables of the first release are brought up to date, with what is in them", async () => {
    const url = await database();
    const pool = poolOn(url);
    const [first] = migrations();
    await pool.query(`BEGIN;\n${first?.sql}\nCOMMIT;`);
    await pool.query("INSERT INTO mw_inbox (consumer_group, source, id) VALUES ('g', 's', '1')");
    await pool.query(
      `INSERT INTO mw_outbox (lane, channel, key, id, type, content_type, body)
       SELECT n % 16, 'orders', 'key-' || n, n, 't', 'text/plain', '' FROM generate_series(1, 40) AS n`,
    );
    await expect(storeOn({ url }).open(context)).rejects.toMatchObject({ code: "POSTGRES_SCHEMA_OLDER" });
    const store = await openStore({ url });
    expect(await store.transaction((tx) => tx.claim({ group: "g", source: "s", id: "1" }))).toBe(false);
    expect((await drain(store)).map(Number).sort((one, other) => one - other)).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    expect(await store.streams.append("s", 0, events(2))).toEqual({ version: 2, repeated: false });
    expect(await store.streams.head()).toBe(2);
  });

  test("the outbox and what waits for its place in the log are vacuumed as queues", async () => {
    const url = await database();
    await openStore({ url });
    const { rows } = await poolOn(url).query(
      "SELECT reloptions FROM pg_class WHERE relname IN ('mw_outbox', 'mw_events_new')",
    );
    expect(rows).toHaveLength(2);
    for (const { reloptions } of rows)
      expect(reloptions).toEqual(
        expect.arrayContaining(["autovacuum_vacuum_scale_factor=0", "autovacuum_vacuum_cost_delay=0"]),
      );
  });

  test("names that could be anything else in SQL are refused", () => {
    for (const names of [
      { prefix: "Mw" },
      { prefix: "a;b" },
      { prefix: "" },
      { prefix: "x".repeat(32) },
      { schema: 'a"' },
    ]) {
      const refused = expect.objectContaining({ code: "POSTGRES_OPTIONS_INVALID" });
      expect(() => migrations(names)).toThrow(refused);
      expect(() => postgresStore({ url: "postgres://localhost", ...names })).toThrow(refused);
    }
  });
});

describe("open", () => {
  test("without tables, with older and with newer ones says what to do, and changes nothing", async () => {
    const url = await database();
    const pool = poolOn(url);
    await expect(storeOn({ url }).open(context)).rejects.toMatchObject({
      code: "POSTGRES_SCHEMA_MISSING",
      message: expect.stringContaining("migrate()"),
    });
    expect((await pool.query("SELECT to_regclass('mw_outbox') AS there")).rows).toEqual([{ there: null }]);
    await storeOn({ url }).migrate();
    await pool.query("DELETE FROM mw_migrations WHERE version > 1; UPDATE mw_migrations SET version = 1000");
    const newer = {
      code: "POSTGRES_SCHEMA_NEWER",
      message: expect.stringContaining("Update @meshwright/postgres"),
    };
    await expect(storeOn({ url }).open(context)).rejects.toMatchObject(newer);
    await expect(storeOn({ url }).migrate()).rejects.toMatchObject(newer);
    await pool.query("UPDATE mw_migrations SET version = -1");
    await expect(storeOn({ url }).open(context)).rejects.toMatchObject({
      code: "POSTGRES_SCHEMA_OLDER",
      message: expect.stringContaining("migrate()"),
    });
  });

  test("a store that was refused opens once the tables are there", async () => {
    const store = storeOn({ url: await database() });
    await expect(store.open(context)).rejects.toMatchObject({ code: "POSTGRES_SCHEMA_MISSING" });
    await store.migrate();
    await store.open(context);
    await commit(store, message());
  });

  test("names the rights that are missing; with those of the guide everything works", async () => {
    const url = await database();
    const pool = poolOn(url);
    await storeOn({ url }).migrate();
    // As it is from PostgreSQL 15 on.
    await pool.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    const none = await login(pool, url, "");
    await expect(storeOn({ url: none }).open(context)).rejects.toMatchObject({
      code: "POSTGRES_NO_PERMISSION",
    });
    await expect(storeOn({ url: none, prefix: "own" }).migrate()).rejects.toMatchObject({
      code: "POSTGRES_NO_PERMISSION",
    });
    for (const [right, table] of [
      ["DELETE", "mw_outbox"],
      ["UPDATE", "mw_streams"],
      ["DELETE", "mw_events_new"],
      ["INSERT", "mw_log"],
      ["UPDATE", "mw_checkpoints"],
    ] as const) {
      const some = await login(pool, url, `${allRights} REVOKE ${right} ON ${table} FROM NAME`);
      await expect(storeOn({ url: some }).open(context)).rejects.toMatchObject({
        code: "POSTGRES_NO_PERMISSION",
        message: expect.stringMatching(new RegExp(`: ${right} on [^,]*${table}"\\.`)),
      });
    }
    const store = storeOn({ url: await login(pool, url, allRights) });
    await store.open(context);
    await commit(store, message(), message());
    const batch = await store.outbox.take(5);
    const [first = "", second = ""] = batch?.rows.map(({ place }) => place) ?? [];
    await batch?.end({ published: [first], refused: [{ place: second, code: "NO", message: "no" }] });
    expect(await store.outbox.restore([second])).toBe(1);
    expect(await store.outbox.remove([second])).toBe(0);
    expect(await store.transaction((tx) => tx.claim({ group: "g", source: "s", id: "1" }))).toBe(true);
    expect(await store.pruneInbox(Date.now() + 60_000)).toBe(1);
    await everyWordOfStreams(store);
  });

  test("a wrong password, a missing database and a server that is not there have codes, and tell no password", async () => {
    const url = await database();
    const change = (over: Partial<URL>): string => Object.assign(new URL(url), over).href;
    for (const [wrong, code, retryable] of [
      [change({ password: "not-the-secret" }), "POSTGRES_AUTH", false],
      [change({ pathname: "/nowhere" }), "POSTGRES_NO_DATABASE", false],
      [change({ port: "1" }), "POSTGRES_DISCONNECTED", true],
    ] as const) {
      const error = await storeOn({ url: wrong })
        .open(context)
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: "StoreError", code, retryable });
      expect(String(error)).not.toContain(new URL(wrong).password);
    }
  });

  test("a database that cannot hold every text is refused", async () => {
    const url = await database();
    const name = `latin_${Math.random().toString(36).slice(2, 8)}`;
    await poolOn(url).query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    const latin = Object.assign(new URL(url), { pathname: `/${name}` }).href;
    await expect(storeOn({ url: latin }).open(context)).rejects.toMatchObject({ code: "POSTGRES_ENCODING" });
  });
});
