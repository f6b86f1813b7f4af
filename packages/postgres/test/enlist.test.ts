import type { Queryable } from "@meshwright/postgres";
import pg, { type Client } from "pg";
import { expect, onTestFinished, test } from "vitest";
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
