/** A row of the service's own and the event that tells of it, in one transaction: by hand, and through the store. */
import { createMesh, memoryBroker } from "@meshwright/core";
import { silentLogger, systemClock, type WireMessage } from "@meshwright/core/adapter";
import { postgresStore } from "@meshwright/postgres";
import pg from "pg";
import { type Contestant, compare } from "../harness.js";
import { catalog, data, event, text, type } from "../sample.js";

const connections = 8;
const times = 400;

const business = "INSERT INTO releases (digest, state) VALUES ($1, $2)";
const values = ["sha256:4c1f0f5d0e9b", "created"];

const names = {
  hand: "by hand: BEGIN, own row, outbox row of text, COMMIT",
  bare: "by hand: BEGIN, own row, COMMIT",
  one: "by hand: own row and outbox row of text in one statement",
  store: "meshwright: store.transaction, own row, tx.append",
  mesh: "meshwright: store.transaction, own row, mesh.publish with tx",
  statement: "meshwright: store.statement, own row, mesh.publish with tx",
} as const;

export async function writing(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  await pool.query(
    "CREATE TABLE releases (id bigint generated always as identity primary key, digest text, state text)",
  );
  await pool.query(
    `CREATE TABLE by_hand (seq bigint generated always as identity primary key, lane smallint, channel text, key text,
      id text, type text, content_type text, body text)`,
  );
  const store = postgresStore({ pool, prefix: "bench" });
  await store.migrate();
  await store.open({ clock: systemClock, logger: silentLogger });
  const meshStore = postgresStore({ pool, prefix: "mesh" });
  await meshStore.migrate();
  const mesh = createMesh({
    service: "bench",
    catalog,
    broker: memoryBroker(),
    store: meshStore,
    relay: false,
  });
  await mesh.start();
  const bare: Contestant = { name: names.bare, run: atOnce(() => byHand(pool, false)) };
  const inTransaction: Contestant[] = [
    { name: names.hand, run: atOnce(() => byHand(pool, true)) },
    bare,
    {
      name: names.store,
      run: atOnce(() =>
        store.transaction(async (tx) => {
          await tx.client.query(business, values);
          await tx.append([{ channel: "events", message }]);
        }),
      ),
    },
    {
      name: names.mesh,
      run: atOnce(() =>
        meshStore.transaction(async (tx) => {
          await tx.client.query(business, values);
          await mesh.publish(type, data, { tx });
        }),
      ),
    },
  ];
  const inOneStatement: Contestant[] = [
    bare,
    { name: names.one, run: atOnce(() => pool.query(inOne)) },
    {
      name: names.statement,
      run: atOnce(() => meshStore.statement(business, values, (tx) => mesh.publish(type, data, { tx }))),
    },
  ];
  const each = { unit: "transaction", times, rounds: 50 };
  await compare({
    ...each,
    title: `PostgreSQL: a transaction with an event of 1 KB, ${connections} connections`,
    contestants: inTransaction,
    goals: { [names.store]: 0.95 },
  });
  await compare({
    ...each,
    title: `PostgreSQL: one statement with an event of 1 KB, and a transaction without, ${connections} connections`,
    contestants: inOneStatement,
    goals: { [names.statement]: 1 },
  });
  await mesh.stop();
  await store.close();
  await pool.end();
}

const message: WireMessage = {
  id: event.id,
  type,
  key: "pkg:oci/storefront",
  contentType: "application/cloudevents+json",
  headers: {},
  body: text,
};

const insertByHand =
  "INSERT INTO by_hand (lane, channel, key, id, type, content_type, body) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const rowByHand = [3, "events", message.key, message.id, type, message.contentType, text];

const inOne = {
  name: "in-one",
  text: `WITH outbox AS (${insertByHand}) INSERT INTO releases (digest, state) VALUES ($8, $9)`,
  values: [...rowByHand, ...values],
};

async function byHand(pool: pg.Pool, withEvent: boolean): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query(business, values);
    if (withEvent) await client.query({ name: "by-hand", text: insertByHand, values: rowByHand });
    await client.query("COMMIT");
  } finally {
    client.release();
  }
}

/** As many at a time as there are connections. */
function atOnce(one: () => Promise<unknown>): (times: number) => Promise<void> {
  return async (count) => {
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await one();
    };
    await Promise.all(Array.from({ length: connections }, lane));
  };
}
