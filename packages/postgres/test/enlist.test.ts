import type { MeshEvent } from "@meshwright/core";
import type { Transaction } from "@meshwright/core/adapter";
import type { Queryable } from "@meshwright/postgres";
import { postgresServer } from "@meshwright/testing";
import pg, { type Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { all, events, ids } from "./streams/support.js";
import { database, drain, openStore, poolOn, row } from "./support.js";

async function client(url: string): Promise<Client> {
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

test("an enlisted transaction appends and claims with the caller's own commit or rollback", async () => {
  const url = await database();
  const store = await openStore({ url });
  const own = await client(url);
  await own.query("CREATE TABLE own (value int)");
  const claim = { group: "g", source: "s", id: "1" };
  for (const end of ["ROLLBACK", "COMMIT"]) {
    await own.query("BEGIN");
    const tx = store.enlist(own);
    expect(tx.store).toBe(store);
    expect(tx.client).toBe(own);
    await own.query("INSERT INTO own VALUES (1)");
    await tx.append([row({ id: end }), row({ id: `${end}-2` })]);
    expect(await tx.claim(claim)).toBe(true);
    expect(await drain(store)).toEqual([]);
    await own.query(end);
  }
  expect(await drain(store)).toEqual(["COMMIT", "COMMIT-2"]);
  expect(await store.transaction((tx) => tx.claim(claim))).toBe(false);
});

test("an enlisted transaction does with streams, documents and checkpoints what any other does", async () => {
  const url = await database();
  const store = await openStore({ url });
  const own = await client(url);
  const texts: string[] = [];
  const foreign: Queryable = {
    query: (text, values) => {
      texts.push(text);
      return own.query(text, values);
    },
  };
  const [first, ...others] = events(3);
  for (const [end, version, enlisted] of [
    ["ROLLBACK", 0, own],
    ["COMMIT", 0, foreign],
    ["COMMIT", 3, own],
  ] as const) {
    const before = (await store.checkpoints(""))[0]?.position ?? 0;
    await own.query("BEGIN");
    const tx = store.enlist(enlisted);
    expect(await tx.hold("c")).toBe(before);
    if (version === 0) {
      await store.streams.append("s", 0, [first as MeshEvent], { tx });
      await store.streams.append("s", 1, others, { tx });
      await expect(store.streams.append("s", 1, events(1), { tx })).rejects.toMatchObject({
        code: "STREAM_CONFLICT",
      });
    }
    const again = await store.streams.append("s", "any", others, { tx });
    expect(again).toEqual({ version: 3, repeated: true });
    expect(ids(await all(store.streams.read("s", { tx, backwards: true, limit: 1 })))).toEqual([
      others[1]?.id,
    ]);
    const page = await store.streams.page({ after: before, limit: 10, tx });
    const count = Number((await tx.documents.read("c", ["n"])).get("n") ?? 0);
    await tx.documents.write("c", [{ key: "n", body: String(count + page.events.length) }]);
    await tx.move("c", page.through);
    await own.query(end);
  }
  expect(await store.checkpoints("c")).toMatchObject([{ position: 3 }]);
  expect(await store.documents.list("c")).toEqual([{ key: "n", body: "3" }]);
  expect(texts.length).toBeGreaterThan(8);
});

test("a client that is in no transaction is refused, and nothing is stored", async () => {
  const url = await database();
  const store = await openStore({ url });
  const own = await client(url);
  const tx = store.enlist(own);
  const refused = { code: "STORE_NO_TRANSACTION" };
  await expect(tx.append([row()])).rejects.toMatchObject(refused);
  await expect(tx.claim({ group: "g", source: "s", id: "1" })).rejects.toMatchObject(refused);
  await own.query("BEGIN");
  await tx.append([row({ id: "in" })]);
  await own.query("COMMIT");
  await expect(tx.append([row()])).rejects.toMatchObject(refused);
  expect(await drain(store)).toEqual(["in"]);
});

test("any client with pg's query will do, and is given texts and values alone", async () => {
  const url = await database();
  const store = await openStore({ url });
  const own = await client(url);
  const texts: string[] = [];
  const foreign: Queryable = {
    query: (text, values) => {
      texts.push(text);
      return own.query(text, values);
    },
  };
  await own.query("BEGIN");
  await store.enlist(foreign).append([row({ id: "foreign" })]);
  await own.query("COMMIT");
  expect(texts).toEqual([expect.stringContaining("INSERT INTO")]);
  expect(await drain(store)).toEqual(["foreign"]);
});

test("another search_path in the transaction leads nowhere else", async () => {
  const url = await database();
  const store = await openStore({ url });
  const own = await client(url);
  await own.query(
    "CREATE SCHEMA tenant; CREATE TABLE tenant.mw_outbox (LIKE public.mw_outbox INCLUDING ALL)",
  );
  await own.query("BEGIN; SET LOCAL search_path = tenant");
  await store.enlist(own).append([row({ id: "here" })]);
  await own.query("COMMIT");
  expect(await drain(store)).toEqual(["here"]);
  await expect(poolOn(url).query("TABLE tenant.mw_outbox")).resolves.toMatchObject({ rows: [] });
});

test("a transaction of another database is refused, also where that has the same tables", async () => {
  const store = await openStore({ url: await database() });
  const [bare, url] = [await database(), await database()];
  const other = await openStore({ url });
  for (const elsewhere of [bare, url]) {
    const own = await client(elsewhere);
    const calls = [
      (tx: Transaction) => tx.append([row()]),
      (tx: Transaction) => tx.append([row(), row()]),
      (tx: Transaction) => tx.claim({ group: "g", source: "s", id: "1" }),
      (tx: Transaction) => store.streams.append("s", 0, events(1), { tx }),
      (tx: Transaction) => store.streams.page({ after: 0, limit: 1, tx }),
      (tx: Transaction) => tx.documents.write("c", [{ key: "k", body: "1" }]),
      (tx: Transaction) => tx.hold("c"),
    ];
    for (const call of calls) {
      await own.query("BEGIN");
      await expect(call(store.enlist(own))).rejects.toMatchObject({ code: "STORE_OTHER_DATABASE" });
      await own.query("COMMIT");
    }
  }
  expect(await drain(other)).toEqual([]);
  expect(await other.transaction((tx) => tx.claim({ group: "g", source: "s", id: "1" }))).toBe(true);
});

test("a copy of the database is another one, if it has another name", async () => {
  const url = new URL(await database());
  await (await openStore({ url: url.href })).close();
  const copy = new URL(url);
  copy.pathname = `${url.pathname}_copy`;
  await poolOn((await postgresServer({ shared: true })).url).query(
    `CREATE DATABASE ${copy.pathname.slice(1)} TEMPLATE ${url.pathname.slice(1)}`,
  );
  const store = await openStore({ url: url.href });
  const own = await client(copy.href);
  await own.query("BEGIN");
  await expect(store.enlist(own).append([row()])).rejects.toMatchObject({ code: "STORE_OTHER_DATABASE" });
});

test("claims of an enlisted transaction are granted once", async () => {
  const url = await database();
  const store = await openStore({ url });
  const own = await client(url);
  await own.query("BEGIN");
  const tx = store.enlist(own);
  const claim = { group: "g", source: "s", id: "1" };
  expect([await tx.claim(claim), await tx.claim(claim)]).toEqual([true, false]);
  await own.query("COMMIT");
});

test("after close an enlisted transaction is refused", async () => {
  const url = await database();
  const store = await openStore({ url });
  const own = await client(url);
  await own.query("BEGIN");
  const tx = store.enlist(own);
  await store.close();
  await expect(tx.append([row()])).rejects.toMatchObject({ code: "STORE_CLOSED" });
  await own.query("ROLLBACK");
});

test("appends side by side are asked for one after another, in the order of the calls", async () => {
  const url = await database();
  const store = await openStore({ url });
  const own = await client(url);
  await own.query("BEGIN");
  let asked = 0;
  const one: Queryable = {
    query: async (text, values) => {
      expect(++asked).toBe(1);
      const answer = await own.query(text, values);
      asked -= 1;
      return answer;
    },
  };
  const tx = store.enlist(one);
  const rows = Array.from({ length: 20 }, () => row());
  await Promise.all(rows.map((each) => tx.append([each])));
  await own.query("COMMIT");
  expect(await drain(store)).toEqual(rows.map(({ message }) => message.id));
});
