/** One event a transaction, as `pg-transactional-outbox` relays them: it, and ours kept to one row at a time. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { type PostgresStore, postgresStore } from "@meshwright/postgres";
import pg from "pg";
import {
  DatabaseSetup,
  getDisabledLogger,
  initializeMessageStorage,
  initializePollingMessageListener,
} from "pg-transactional-outbox";
import { data, text, type } from "../sample.js";
import { perSecond, printTable } from "../table.js";

const rows = 200;
const rounds = 3;
const names = {
  theirs: "pg-transactional-outbox, polling, 100 segments, batches of 100",
  one: "meshwright: take(1), publish, end",
  batched: "meshwright: take(500), publish, end",
} as const;

export async function relayingOneByOne(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const store = postgresStore({ pool, prefix: "one" });
  await store.migrate();
  await store.open({ clock: systemClock, logger: silentLogger });
  await makeTheirs(pool);
  const results: Record<string, number[]> = { [names.theirs]: [], [names.one]: [], [names.batched]: [] };
  for (let round = 0; round < rounds; round++) {
    await fillTheirs(pool);
    results[names.theirs]?.push(await rate(() => drainTheirs(url)));
    for (const [name, limit] of [
      [names.one, 1],
      [names.batched, 500],
    ] as const) {
      await fill(store);
      results[name]?.push(await rate(() => drain(store, limit)));
    }
  }
  await store.close();
  await pool.end();
  printTable({
    title: `PostgreSQL: ${rows} rows from the outbox to a publisher that does nothing`,
    measure: "events per second",
    rows: Object.entries(results).map(([name, values]) => ({ name, values })),
    figure: perSecond,
    goals: [
      { of: names.one, least: 3 },
      { of: names.batched, least: 50 },
    ],
  });
}

async function rate(drainAll: () => Promise<void>): Promise<number> {
  const begin = process.hrtime.bigint();
  await drainAll();
  return rows / (Number(process.hrtime.bigint() - begin) / 1e9);
}

async function fill(store: PostgresStore): Promise<void> {
  const messages = Array.from({ length: rows }, (_, index) => ({
    channel: "events",
    message: {
      id: `event-${index}`,
      type,
      key: `key-${index % 100}`,
      contentType: "application/cloudevents+json",
      headers: {},
      body: text,
    },
  }));
  await store.transaction((tx) => tx.append(messages));
}

async function drain(store: PostgresStore, limit: number): Promise<void> {
  for (let left = rows; left > 0; ) {
    const batch = await store.outbox.take(limit);
    if (batch === undefined) continue;
    await batch.end({ published: batch.rows.map(({ place }) => place) });
    left -= batch.rows.length;
  }
}

const settings = {
  dbSchema: "public",
  dbTable: "theirs",
  nextMessagesFunctionName: "theirs_next",
  nextMessagesBatchSize: 100,
  nextMessagesPollingIntervalInMs: 1,
  enableMaxAttemptsProtection: false,
  enablePoisonousMessageProtection: false,
};

async function makeTheirs(pool: pg.Pool): Promise<void> {
  const setup = {
    outboxOrInbox: "outbox",
    database: "",
    schema: settings.dbSchema,
    table: settings.dbTable,
    listenerRole: "postgres",
    nextMessagesName: settings.nextMessagesFunctionName,
  } as const;
  await pool.query(DatabaseSetup.dropAndCreateTable(setup));
  await pool.query(DatabaseSetup.createPollingFunction(setup));
  await pool.query(DatabaseSetup.setupPollingIndexes(setup));
}

async function fillTheirs(pool: pg.Pool): Promise<void> {
  const store = initializeMessageStorage({ outboxOrInbox: "outbox", settings }, getDisabledLogger());
  const client = await pool.connect();
  await client.query("BEGIN");
  for (let index = 0; index < rows; index++) {
    const segment = `key-${index % 100}`;
    const message = {
      id: randomUUID(),
      aggregateType: "run",
      aggregateId: segment,
      messageType: type,
      segment,
      payload: data,
    };
    await store(message, client);
  }
  await client.query("COMMIT");
  client.release();
}

async function drainTheirs(url: string): Promise<void> {
  let left = rows;
  const [shutdown] = initializePollingMessageListener(
    { outboxOrInbox: "outbox", dbListenerConfig: { connectionString: url }, settings },
    {
      handle: async () => {
        left--;
      },
    },
    getDisabledLogger(),
  );
  while (left > 0) await sleep(1);
  await shutdown();
}
