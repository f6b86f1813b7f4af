import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMesh, memoryBroker, memoryServer, type Store } from "@meshwright/core";
import { type PostgresStore, postgresStore } from "@meshwright/postgres";
import { type SqliteClient, type SqliteStore, sqliteStore } from "@meshwright/sqlite";
import { eventually, postgresServer } from "@meshwright/testing";
import { DatabaseSync } from "@photostructure/sqlite";
import pg, { type PoolClient } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { approve as withDrizzle, approveInStore as withDrizzleInStore } from "../src/drizzle.js";
import { approve as withKysely } from "../src/kysely.js";
import { approve as withPg, approveAtOnce as withStatement } from "../src/pg.js";
import { catalog, type Shop } from "../src/shop.js";
import { approve as withSqlite } from "../src/sqlite.js";

const table = "CREATE TABLE releases (digest text PRIMARY KEY)";
const refused = new Error("refused");

/** Approves three releases, the second in vain, and sees what came of it. */
async function observe<Client, S extends Store<Client>>(
  store: S,
  again: () => S,
  { approve, digests }: { approve(shop: Shop<Client, S>, digest: string): Promise<void>; digests: Digests },
): Promise<void> {
  const broker = memoryServer();
  const mesh = createMesh({
    service: "releases",
    catalog,
    broker: memoryBroker({ server: broker }),
    store,
    relay: false,
  });
  onTestFinished(() => mesh.stop());
  const seen: string[] = [];
  mesh.on("com.acme.release.approved.v1", (event) => void seen.push(event.data.digest));
  await mesh.start();
  const check = async (digest: string): Promise<void> => {
    if (digest === "two") throw refused;
  };
  const shop: Shop<Client, S> = { mesh, store, check };
  await approve(shop, "one");
  await expect(approve(shop, "two")).rejects.toBe(refused);
  await approve(shop, "three");
  expect(await digests("releases")).toEqual(["one", "three"]);
  expect(await digests("mw_outbox")).toEqual(["one", "three"]);
  expect(seen).toEqual([]);
  const relay = createMesh({
    service: "relay",
    catalog,
    broker: memoryBroker({ server: broker }),
    store: again(),
  });
  onTestFinished(() => relay.stop());
  await relay.start();
  await eventually("they arrive", () => seen.length === 2);
  expect(seen).toEqual(["one", "three"]);
}

/** The digests that are in a table. */
type Digests = (table: "releases" | "mw_outbox") => Promise<string[]>;

function digestIn({ digest, body }: { readonly digest?: string; readonly body?: string }): string {
  return digest ?? JSON.parse(body ?? "{}").data.digest;
}

type OnPostgres = (shop: Shop<PoolClient, PostgresStore>, pool: pg.Pool, digest: string) => Promise<void>;

test.each<[name: string, approve: OnPostgres]>([
  ["pg's client", withPg],
  ["Kysely", withKysely],
  ["Drizzle", withDrizzle],
  ["Drizzle on the store's client", (shop, _, digest) => withDrizzleInStore(shop, digest)],
  ["one statement", (shop, _, digest) => withStatement(shop, digest)],
])("with %s, what was committed is published, and nothing of what was rolled back", async (_, approve) => {
  const server = await postgresServer({ shared: true });
  const pool = new pg.Pool({ connectionString: await server.createDatabase() });
  onTestFinished(() => pool.end());
  await pool.query(table);
  const store = postgresStore({ pool });
  await store.migrate();
  await observe<PoolClient, typeof store>(store, () => postgresStore({ pool }), {
    approve: (shop, digest) => approve(shop, pool, digest),
    digests: async (name) => (await pool.query(`SELECT * FROM ${name}`)).rows.map(digestIn),
  });
});

test("with a handle of SQLite, what was committed is published, and nothing of what was rolled back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-enlist-"));
  const database = new DatabaseSync(join(folder, "shop.db"));
  onTestFinished(async () => {
    database.close();
    await rm(folder, { recursive: true, force: true });
  });
  database.exec(`PRAGMA journal_mode = WAL; ${table}`);
  const make = (): SqliteStore => sqliteStore({ database });
  const store = make();
  await store.migrate();
  await observe<SqliteClient, SqliteStore>(store, make, {
    approve: (shop, digest) => withSqlite(shop, database, digest),
    digests: async (name) => database.prepare(`SELECT * FROM ${name}`).all().map(digestIn),
  });
});
