/** From the outbox to a broker in memory, which costs next to nothing: a safe relay by hand, and ours. */
import { createMesh, memoryBroker } from "@meshwright/core";
import { type Broker, silentLogger, systemClock, type WireMessage } from "@meshwright/core/adapter";
import { type PostgresStore, postgresStore } from "@meshwright/postgres";
import pg from "pg";
import { catalog, text, type } from "../sample.js";
import { perSecond, printTable, type Row } from "../table.js";

const rows = 20_000;
const rounds = 5;
const batch = 500;
const hand = `by hand: lock ${batch} rows, publish, delete, commit`;
const ours = "meshwright: the relay of a mesh";

export async function relaying(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  await pool.query(
    `CREATE TABLE relay_by_hand (seq bigint generated always as identity primary key, channel text, key text, id text,
      type text, content_type text, body text)`,
  );
  const store = postgresStore({ pool, prefix: "relay" });
  await store.migrate();
  await store.open({ clock: systemClock, logger: silentLogger });
  const results: Record<string, number[]> = { [hand]: [], [ours]: [] };
  for (let round = 0; round < rounds; round++) {
    await fillByHand(pool);
    results[hand]?.push(await measured((broker) => drainByHand(pool, broker)));
    await fill(store);
    results[ours]?.push(await measured((broker) => drain(pool, broker)));
  }
  await store.close();
  await pool.end();
  const table: Row[] = Object.entries(results).map(([name, values]) => ({ name, values }));
  printTable({
    title: `PostgreSQL: ${rows} rows of 1 KB from the outbox to a broker in memory`,
    measure: "events per second",
    rows: table,
    figure: perSecond,
    goals: [{ of: ours, least: 0.8 }],
    note: `By hand: one transaction for ${batch} rows, SELECT ... FOR UPDATE SKIP LOCKED, publish, DELETE. Ours takes from 64 to 1,024 rows at a time.`,
  });
}

const message = (index: number): WireMessage => ({
  id: `event-${index}`,
  type,
  key: `key-${index % 100}`,
  contentType: "application/cloudevents+json",
  headers: {},
  body: text,
});

async function fill(store: PostgresStore): Promise<void> {
  for (let from = 0; from < rows; from += 1_000) {
    const some = Array.from({ length: 1_000 }, (_, index) => message(from + index));
    await store.transaction((tx) => tx.append(some.map((one) => ({ channel: "events", message: one }))));
  }
}

async function fillByHand(pool: pg.Pool): Promise<void> {
  await pool.query(
    `INSERT INTO relay_by_hand (channel, key, id, type, content_type, body)
     SELECT 'events', 'key-' || n % 100, 'event-' || n, $1, 'application/cloudevents+json', $2
     FROM generate_series(1, $3::int) AS n`,
    [type, text, rows],
  );
}

/** Events per second, on a broker that counts them. */
async function measured(drainTo: (broker: Broker) => Promise<void>): Promise<number> {
  let left = rows;
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const memory = memoryBroker();
  const broker: Broker = {
    name: memory.name,
    capabilities: memory.capabilities,
    open: (context) => memory.open(context),
    subscribe: (request) => memory.subscribe(request),
    close: () => memory.close(),
    publish: async (channel, messages) => {
      await memory.publish(channel, messages);
      left -= messages.length;
      if (left <= 0) done();
    },
  };
  const begin = process.hrtime.bigint();
  await Promise.all([drainTo(broker), all]);
  return rows / (Number(process.hrtime.bigint() - begin) / 1e9);
}

async function drain(pool: pg.Pool, broker: Broker): Promise<void> {
  const mesh = createMesh({
    service: "bench",
    catalog,
    broker,
    store: postgresStore({ pool, prefix: "relay" }),
  });
  await mesh.start();
  let left = 1;
  while (left > 0) {
    const { rows: counted } = await pool.query("SELECT 1 FROM relay_outbox LIMIT 1");
    left = counted.length;
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await mesh.stop();
}

async function drainByHand(pool: pg.Pool, broker: Broker): Promise<void> {
  const context = { namespace: "bench", service: "bench", clock: systemClock, logger: silentLogger };
  await broker.open({ ...context, report: () => undefined });
  const client = await pool.connect();
  for (;;) {
    await client.query("BEGIN");
    const { rows: found } = await client.query({
      name: "take-by-hand",
      text: "SELECT * FROM relay_by_hand ORDER BY seq LIMIT $1 FOR UPDATE SKIP LOCKED",
      values: [batch],
    });
    if (found.length > 0) {
      await broker.publish(
        "events",
        found.map(({ id, type: of, key, content_type: contentType, body }) => ({
          id,
          type: of,
          key,
          contentType,
          headers: {},
          body,
        })),
      );
      await client.query("DELETE FROM relay_by_hand WHERE seq = ANY($1::bigint[])", [
        found.map(({ seq }) => seq),
      ]);
    }
    await client.query("COMMIT");
    if (found.length === 0) break;
  }
  client.release();
  await broker.close();
}
