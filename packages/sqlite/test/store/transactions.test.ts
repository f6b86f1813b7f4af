import type { Transaction } from "@meshwright/core/adapter";
import type { SqliteClient, SqliteStatement } from "@meshwright/sqlite";
import { expect, test } from "vitest";
import { temporaryFile } from "../support.js";
import { commit, deferred, drain, handleOn, openStore, ownValues, places, row, take } from "./support.js";

const claim = { group: "g", source: "s", id: "1" };

test("after the end every use of the transaction is refused", async () => {
  const store = await openStore({ path: temporaryFile() });
  const kept: { tx?: Transaction<SqliteClient>; statement?: SqliteStatement } = {};
  await store.transaction(async (tx) => {
    tx.client.exec("CREATE TABLE own (value TEXT)");
    kept.tx = tx;
    kept.statement = tx.client.prepare("INSERT INTO own VALUES (?)");
    expect(kept.statement.run("in").changes).toBe(1);
    expect(tx.client.isTransaction).toBe(true);
  });
  const { tx, statement } = kept;
  if (tx === undefined || statement === undefined) throw new Error("the work did not run");
  const ended = expect.objectContaining({ name: "StoreError", code: "STORE_TX_ENDED" });
  expect(() => tx.client.exec("DELETE FROM own")).toThrow(ended);
  expect(() => tx.client.prepare("SELECT 1")).toThrow(ended);
  expect(() => statement.run("out")).toThrow(ended);
  expect(() => statement.get()).toThrow(ended);
  expect(() => statement.all()).toThrow(ended);
  await expect(tx.append([row()])).rejects.toThrow(ended);
  await expect(tx.claim(claim)).rejects.toThrow(ended);
  expect(tx.client.isTransaction).toBe(false);
  await store.transaction(async ({ client }) => {
    expect(() => statement.run("in another one")).toThrow(ended);
    expect(client.prepare("SELECT value FROM own").all()).toEqual([{ value: "in" }]);
  });
  expect(await drain(store)).toEqual([]);
});

test("while a transaction is open, what the outbox does waits for its end, and is in none", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  await commit(store, "before");
  const batch = await take(store);
  const [began, goOn] = [deferred(), deferred()];
  const rolledBack = store
    .transaction(async (tx) => {
      await tx.append([row({ id: "within" })]);
      began.resolve();
      await goOn.promise;
      throw new Error("rolled back");
    })
    .catch((error: Error) => error.message);
  await began.promise;
  const ended = batch.end({ published: places(batch) });
  const taken = store.outbox.take(10);
  goOn.resolve();
  expect(await rolledBack).toBe("rolled back");
  await ended;
  expect(await taken).toBeUndefined();
  expect(await drain(store)).toEqual([]);
});

test("the store's own calls inside of a transaction are refused, not waited for", async () => {
  const store = await openStore({ path: temporaryFile() });
  const nested = { code: "STORE_NESTED" };
  await store.transaction(async () => {
    await expect(store.outbox.take(1)).rejects.toMatchObject(nested);
    await expect(store.outbox.refused()).rejects.toMatchObject(nested);
    await expect(store.pruneInbox(0)).rejects.toMatchObject(nested);
  });
});

test("work that ends its transaction itself is told so, and what comes after is not stored", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  const own = await handleOn(path);
  own.exec("CREATE TABLE own (value TEXT)");
  const early = { name: "StoreError", code: "SQLITE_TX_ENDED_EARLY" };
  const done = store.transaction(async (tx) => {
    tx.client.exec("ROLLBACK");
    expect(() => tx.client.exec("INSERT INTO own VALUES ('after')")).toThrow(expect.objectContaining(early));
    await expect(tx.append([row()])).rejects.toMatchObject(early);
  });
  await expect(done).rejects.toMatchObject(early);
  expect(ownValues(own)).toEqual([]);
  await commit(store, "next");
  expect(await drain(store)).toEqual(["next"]);
});

test("a file that a transaction wrote is synced in full, in WAL", async () => {
  const store = await openStore({ path: temporaryFile() });
  await store.transaction(async ({ client }) => {
    expect(client.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
    expect(client.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  });
});

test("texts with U+0000 and with half a character come back, and name different claims", async () => {
  const store = await openStore({ path: temporaryFile() });
  const odd = ["\0", "\u00010", "\u0001", "\u00012d800", "\ud800", "\udc00\ud800", "😀\ud83d", "\ufffd"];
  for (const text of odd) {
    await store.transaction(async (tx) => {
      expect(await tx.claim({ group: text, source: text, id: text })).toBe(true);
      await tx.append([
        row({ id: text, key: text, contentType: text, body: text, headers: { [text]: text } }),
      ]);
    });
    const batch = await take(store);
    expect(batch.rows[0]?.message).toMatchObject({
      id: text,
      key: text,
      contentType: text,
      body: text,
      headers: { [text]: text },
    });
    const [place = ""] = places(batch);
    await batch.end({ published: [], refused: [{ place, code: text, message: text }] });
    expect(await store.outbox.refused()).toMatchObject([{ place, code: text, reason: text }]);
    expect(await store.outbox.remove([place])).toBe(1);
  }
});
