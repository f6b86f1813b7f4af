import { existsSync } from "node:fs";
import { migrations, sqliteStore } from "@meshwright/sqlite";
import { spawnNode } from "@meshwright/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { openBroker, temporaryFile } from "../support.js";
import { event } from "./stream-events.js";
import { commit, context, drain, handleOn, openStore, storeOn } from "./support.js";

describe("migrating", () => {
  test("three processes and four handles at the same time make the tables once", async () => {
    const path = temporaryFile();
    const children = Array.from({ length: 3 }, () =>
      spawnNode(new URL("./migrate-child.ts", import.meta.url), [path]),
    );
    for (const child of children) onTestFinished(() => child.kill());
    const stores = Array.from({ length: 4 }, () => storeOn({ path, busyTimeout: "20s" }));
    await Promise.all([
      ...children.map((child) => child.line("migrated")),
      ...stores.map((store) => store.migrate()),
    ]);
    await Promise.all(stores.map((store) => store.open(context)));
    const rows = (await handleOn(path)).prepare("SELECT version, name FROM mw_migrations").all();
    expect(rows.map((row) => ({ ...(row as object) }))).toEqual(
      migrations().map(({ version, name }) => ({ version, name })),
    );
  });

  test("again does nothing; other prefixes and a broker are beside it in the same file", async () => {
    const path = temporaryFile();
    const broker = await openBroker({ path });
    const stores = [await openStore({ path }), await openStore({ path, prefix: "other" })];
    for (const store of stores) await store.migrate();
    for (const [index, store] of stores.entries()) await commit(store, String(index));
    for (const [index, store] of stores.entries()) expect(await drain(store)).toEqual([String(index)]);
    expect(await broker.inspect()).toEqual([]);
  });

  test("the SQL for people gives what the call gives", async () => {
    const [byCall, bySql] = [temporaryFile(), temporaryFile()];
    await storeOn({ path: byCall, prefix: "app" }).migrate();
    const database = await handleOn(bySql);
    for (const { sql } of migrations("app")) database.exec(`BEGIN IMMEDIATE;\n${sql}\nCOMMIT;`);
    await storeOn({ path: bySql, prefix: "app" }).open(context);
    const tables = "SELECT name, sql FROM sqlite_master ORDER BY name";
    const made = database.prepare(tables).all();
    expect(made.length).toBeGreaterThan(6);
    expect((await handleOn(byCall)).prepare(tables).all()).toEqual(made);
  });

  test("from the first version on, with what is there", async () => {
    const path = temporaryFile();
    const database = await handleOn(path);
    const [first, ...later] = migrations();
    database.exec(first?.sql ?? "");
    database.exec("INSERT INTO mw_inbox VALUES ('g', 's', '1', 1)");
    const store = storeOn({ path });
    await expect(store.open(context)).rejects.toMatchObject({ code: "SQLITE_SCHEMA_OLDER" });
    await store.migrate();
    await store.open(context);
    expect(later.length).toBeGreaterThan(0);
    expect(await store.transaction((tx) => tx.claim({ group: "g", source: "s", id: "1" }))).toBe(false);
    expect((await store.streams.append("order/1", 0, [event()])).version).toBe(1);
  });

  test("in memory, on one handle", async () => {
    const store = await openStore({ path: ":memory:" });
    expect(store.capabilities).toEqual({ durable: false, reach: "process", concurrent: false });
    await commit(store, "1");
    expect(await drain(store)).toEqual(["1"]);
  });
});

describe("open", () => {
  test("without tables, with older and with newer ones says what to do, and changes nothing", async () => {
    const path = temporaryFile();
    const store = storeOn({ path });
    const missing = { code: "SQLITE_SCHEMA_MISSING", message: expect.stringContaining("migrate()") };
    await expect(store.open(context)).rejects.toMatchObject(missing);
    expect(existsSync(path)).toBe(false);
    const database = await handleOn(path);
    database.exec("CREATE TABLE own (value TEXT)");
    await expect(store.open(context)).rejects.toMatchObject(missing);
    expect(database.prepare("SELECT count(*) AS count FROM sqlite_master").get()).toEqual({ count: 1 });
    expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
    await store.migrate();
    database.exec("INSERT INTO mw_migrations (version, name) VALUES (1000, 'newer')");
    const newer = {
      code: "SQLITE_SCHEMA_NEWER",
      message: expect.stringContaining("Update @meshwright/sqlite"),
    };
    await expect(store.open(context)).rejects.toMatchObject(newer);
    await expect(store.migrate()).rejects.toMatchObject(newer);
    database.exec("DELETE FROM mw_migrations WHERE version > 1");
    const older = { code: "SQLITE_SCHEMA_OLDER", message: expect.stringContaining("migrate()") };
    await expect(store.open(context)).rejects.toMatchObject(older);
    database.exec("INSERT INTO mw_migrations (version, name) VALUES (2, 'again')");
    await store.open(context);
    await commit(store, "1");
    expect((await handleOn(path)).prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  });

  test("a file that is no database and a folder that is missing have their codes", async () => {
    const path = temporaryFile();
    await expect(storeOn({ path: `${path}/no/folder.db` }).migrate()).rejects.toMatchObject({
      name: "StoreError",
      code: "SQLITE_CANNOT_OPEN",
    });
    await expect(storeOn({ path: new URL(import.meta.url).pathname }).open(context)).rejects.toMatchObject({
      name: "StoreError",
      code: "SQLITE_NOT_A_DATABASE",
    });
  });
});

test("options that do not go together, and names that could be anything else in SQL, are refused", () => {
  const refused = expect.objectContaining({ code: "SQLITE_OPTIONS_INVALID" });
  for (const prefix of ["Mw", "a;b", "", "1a", "sqlite", "sqlite_a", "x".repeat(32)]) {
    expect(() => migrations(prefix)).toThrow(refused);
    expect(() => sqliteStore({ path: "a.db", prefix })).toThrow(refused);
  }
  for (const options of [{}, { path: "" }, { path: "a.db", lease: 0 }]) {
    expect(() => sqliteStore(options)).toThrow(refused);
  }
});
