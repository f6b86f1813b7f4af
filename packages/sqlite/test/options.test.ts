import { driverName, sqliteBroker } from "@meshwright/sqlite";
import { describe, expect, test } from "vitest";
import { openHandle } from "./open-handle.js";
import { contextOf, iterate, message, openBroker, subscribe, take, temporaryFile } from "./support.js";

describe("options", () => {
  test.each([
    [{}, "SQLITE_OPTIONS_INVALID"],
    [{ path: "" }, "SQLITE_OPTIONS_INVALID"],
    [{ path: "a", lease: 0 }, "SQLITE_OPTIONS_INVALID"],
    [{ path: "a", lease: "soon" as "1s" }, "DURATION_INVALID"],
    [{ path: "a", durability: "maybe" as "full" }, "SQLITE_OPTIONS_INVALID"],
    [{ path: "a", retention: { maxMessages: 0 } }, "SQLITE_OPTIONS_INVALID"],
    [{ path: "a", retention: { hardLimit: { maxMessages: 1.5 } } }, "SQLITE_OPTIONS_INVALID"],
  ])("%j is refused at once", (options, code) => {
    expect(() => sqliteBroker(options)).toThrow(expect.objectContaining({ code }));
  });

  test("a file and a handle together are refused", async () => {
    const database = await openHandle(":memory:");
    expect(() => sqliteBroker({ path: "a", database })).toThrow(/either `path`/);
    database.close();
  });

  test("a database in memory does not claim to be durable or shared", () => {
    expect(sqliteBroker({ path: ":memory:" }).capabilities).toMatchObject({
      durable: false,
      reach: "process",
    });
    expect(sqliteBroker({ path: "mesh.db" }).capabilities).toMatchObject({ durable: true, reach: "machine" });
  });
});

describe("the driver", () => {
  test("is the runtime's own where there is one", () => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    const builtin = major > 22 || (major === 22 && minor >= 13);
    expect(driverName()).toBe(builtin ? "node:sqlite" : "@photostructure/sqlite");
  });
});

describe("an injected handle", () => {
  test("is used as it is and not closed", async () => {
    const database = await openHandle(temporaryFile());
    const before = database.prepare("PRAGMA journal_mode").get();
    const broker = sqliteBroker({ database });
    await broker.open(contextOf());
    await broker.publish("orders", [message()]);
    await broker.close();
    expect(database.prepare("PRAGMA journal_mode").get()).toEqual(before);
    expect(database.prepare("SELECT count(*) AS stored FROM mw_log_1").get()).toMatchObject({ stored: 1 });
    database.close();
  });

  test("may be in a transaction of its owner: the broker waits for its end and does not touch it", async () => {
    const database = await openHandle(":memory:");
    database.exec("CREATE TABLE mine (value)");
    const broker = await openBroker({ database });
    const iterator = iterate(await subscribe(broker));
    database.exec("BEGIN; INSERT INTO mine VALUES (1)");
    let published = false;
    const publishing = broker.publish("orders", [message()]).then(() => {
      published = true;
    });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(published).toBe(false);
    database.exec("ROLLBACK");
    await publishing;
    await take(iterator, 1);
    expect(database.prepare("SELECT count(*) AS rows FROM mine").get()).toMatchObject({ rows: 0 });
    await broker.close();
    database.close();
  });
});
