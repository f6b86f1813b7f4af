import { symlinkSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryFile } from "../support.js";
import { event, events, idsOf, readStream } from "./stream-events.js";
import { drain, handleOn, openStore, ownValues, row } from "./support.js";

const claim = { group: "g", source: "s", id: "1" };

test("an enlisted transaction appends and claims with the caller's own commit or rollback", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  const own = await handleOn(path);
  own.exec("CREATE TABLE own (value TEXT)");
  for (const end of ["ROLLBACK", "COMMIT"]) {
    own.exec("BEGIN");
    const tx = store.enlist(own);
    expect(tx.store).toBe(store);
    expect(tx.client).toBe(own);
    own.exec("INSERT INTO own VALUES ('own')");
    await tx.append([row({ id: end }), row({ id: `${end}-2` })]);
    expect(await tx.claim(claim)).toBe(true);
    expect(await drain(store)).toEqual([]);
    own.exec(end);
  }
  expect(ownValues(own)).toEqual(["own"]);
  expect(await drain(store)).toEqual(["COMMIT", "COMMIT-2"]);
  expect(await store.transaction((tx) => tx.claim(claim))).toBe(false);
});

test("a handle that is in no transaction is refused, also where the driver does not tell", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  const own = await handleOn(path);
  const silent = { exec: (sql: string) => own.exec(sql), prepare: (sql: string) => own.prepare(sql) };
  for (const [name, database] of Object.entries({ own, silent })) {
    const refused = expect.objectContaining({ name: "StoreError", code: "STORE_NO_TRANSACTION" });
    expect(() => store.enlist(database)).toThrow(refused);
    own.exec("BEGIN");
    const tx = store.enlist(database);
    await tx.append([row({ id: name })]);
    own.exec("COMMIT");
    await expect(tx.append([row()])).rejects.toThrow(refused);
    await expect(tx.claim(claim)).rejects.toThrow(refused);
    expect(await drain(store)).toEqual([name]);
  }
});

test("the store's own handle may be the caller's: the store waits while he is in a transaction of his", async () => {
  const own = await handleOn(temporaryFile());
  const store = await openStore({ database: own });
  own.exec("CREATE TABLE own (value TEXT)");
  own.exec("BEGIN");
  await store.enlist(own).append([row({ id: "enlisted" })]);
  const transaction = store.transaction(async ({ client }) => {
    client.exec("INSERT INTO own VALUES ('store')");
    expect(own.isTransaction).toBe(true);
  });
  const taken = store.outbox.take(10);
  own.exec("INSERT INTO own VALUES ('caller')");
  own.exec("COMMIT");
  await transaction;
  expect(ownValues(own)).toEqual(["caller", "store"]);
  expect((await taken)?.rows).toHaveLength(1);
});

test("a transaction of another database is refused, also where that has the same tables", async () => {
  const [path, elsewhere] = [temporaryFile(), temporaryFile()];
  const store = await openStore({ path });
  const other = await openStore({ path: elsewhere });
  const inMemory = await handleOn(":memory:");
  const refused = expect.objectContaining({ name: "StoreError", code: "STORE_OTHER_DATABASE" });
  for (const database of [await handleOn(elsewhere), await handleOn(temporaryFile()), inMemory]) {
    database.exec("BEGIN");
    expect(() => store.enlist(database)).toThrow(refused);
    database.exec("COMMIT");
  }
  expect(await drain(other)).toEqual([]);
  const ofMemory = await openStore({ database: await handleOn(":memory:") });
  inMemory.exec("BEGIN");
  expect(() => ofMemory.enlist(inMemory)).toThrow(refused);
});

test("a handle on the same file by another name is taken", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  symlinkSync(path, `${path}-link`);
  const own = await handleOn(`${path}-link`);
  own.exec("BEGIN");
  await store.enlist(own).append([row({ id: "linked" })]);
  own.exec("COMMIT");
  expect(await drain(store)).toEqual(["linked"]);
});

test("a handle that lost against another is told so", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  const [one, two] = [await handleOn(path), await handleOn(path)];
  two.exec("PRAGMA busy_timeout = 0");
  one.exec("BEGIN IMMEDIATE");
  two.exec("BEGIN");
  await expect(store.enlist(two).append([row()])).rejects.toMatchObject({
    code: "STORE_CONFLICT",
    retryable: true,
  });
  one.exec("ROLLBACK");
});

test("after close an enlisted transaction is refused, and the caller's handle is open", async () => {
  const own = await handleOn(temporaryFile());
  const store = await openStore({ database: own });
  own.exec("BEGIN");
  const tx = store.enlist(own);
  const closing = store.close();
  await expect(tx.append([row()])).rejects.toMatchObject({ code: "STORE_CLOSED" });
  own.exec("ROLLBACK");
  await closing;
  expect(own.prepare("SELECT count(*) AS count FROM mw_outbox").get()).toEqual({ count: 0 });
});

test("an enlisted transaction has streams, documents and checkpoints, with the caller's commit or rollback", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  const own = await handleOn(path);
  for (const end of ["ROLLBACK", "COMMIT"]) {
    own.exec("BEGIN");
    const tx = store.enlist(own);
    const sent = events(2);
    expect(await store.streams.append("order/1", 0, sent, { tx })).toMatchObject({ version: 2 });
    expect(idsOf(await readStream(store, "order/1", { tx }))).toEqual(sent.map(({ id }) => id));
    expect((await store.streams.page({ after: 0, limit: 9, tx })).through).toBe(2);
    await tx.documents.write("orders", [{ key: "1", body: "1" }]);
    expect(await tx.documents.list("orders")).toHaveLength(1);
    expect(await tx.hold("totals")).toBe(0);
    await tx.move("totals", 2);
    expect(await store.streams.head()).toBe(0);
    own.exec(end);
  }
  expect(await store.streams.head()).toBe(2);
  expect((await store.documents.read("orders", ["1"])).get("1")).toBe("1");
  expect(await store.checkpoints("")).toMatchObject([{ name: "totals", position: 2 }]);
});

test("who holds a checkpoint has the lock, also in a transaction that was begun without it", async () => {
  const path = temporaryFile();
  const store = await openStore({ path, busyTimeout: 30 });
  const own = await handleOn(path);
  own.exec("PRAGMA busy_timeout = 0");
  own.exec("BEGIN");
  const tx = store.enlist(own);
  expect(await tx.hold("totals")).toBe(0);
  const waiting = store.transaction((other) => other.hold("totals"));
  await expect(waiting).rejects.toMatchObject({ code: "STORE_CONFLICT", retryable: true });
  await tx.move("totals", 5);
  own.exec("COMMIT");
  await store.transaction(async (other) => {
    expect(await other.hold("totals")).toBe(5);
    own.exec("BEGIN");
    await expect(store.enlist(own).hold("totals")).rejects.toMatchObject({ code: "STORE_CONFLICT" });
    own.exec("ROLLBACK");
  });
});

test("what was enlisted in a transaction before holds nothing that has moved since", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  const own = await handleOn(path);
  own.exec("BEGIN");
  const tx = store.enlist(own);
  await tx.hold("totals");
  await tx.move("totals", 1);
  own.exec("COMMIT");
  await store.transaction(async (other) => {
    await other.hold("totals");
    await other.move("totals", 2);
  });
  own.exec("BEGIN");
  await expect(tx.move("totals", 3)).rejects.toMatchObject({ code: "STORE_CHECKPOINT_NOT_HELD" });
  own.exec("COMMIT");
  expect(await store.checkpoints("")).toMatchObject([{ name: "totals", position: 2 }]);
});

test("of two enlisted transactions that append to what both have read, one is a conflict", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  const [one, two] = [await handleOn(path), await handleOn(path)];
  for (const own of [one, two]) {
    own.exec("BEGIN");
    await readStream(store, "order/1", { tx: store.enlist(own) });
  }
  await store.streams.append("order/1", 0, [event()], { tx: store.enlist(one) });
  one.exec("COMMIT");
  for (const [what, work] of Object.entries({
    append: () => store.streams.append("order/1", 0, [event()], { tx: store.enlist(two) }),
    document: () => store.enlist(two).documents.write("orders", [{ key: "1", body: "1" }]),
  }))
    await expect(work(), what).rejects.toMatchObject({ code: "STORE_CONFLICT", retryable: true });
  two.exec("ROLLBACK");
  expect(await readStream(store, "order/1")).toHaveLength(1);
});
