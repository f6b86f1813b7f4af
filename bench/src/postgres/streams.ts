/** Streams: appending and reading by hand, through the store, and with Emmett. */
import { getPostgreSQLEventStore, type PostgresEventStore } from "@event-driven-io/emmett-postgresql";
import type { MeshEvent, Store } from "@meshwright/core";
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { postgresStore } from "@meshwright/postgres";
import pg from "pg";
import { type Contestant, compare } from "../harness.js";
import { event } from "../sample.js";
import { appendByHand, createByHand, readAllByHand, readByHand } from "./streams-by-hand.js";

const connections = 8;
const atOnce = 100;
const inStream = 1_000;
const inLog = 10_000;

const names = {
  hand: "by hand: one statement, versions checked, JSON.parse",
  ours: "meshwright: store.streams",
  emmett: "Emmett",
} as const;

interface Ways {
  readonly pool: pg.Pool;
  readonly store: Store;
  readonly emmett: PostgresEventStore;
}

export async function streams(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  await createByHand(pool);
  const store = postgresStore({ pool, prefix: "streams" });
  await store.migrate();
  await store.open({ clock: systemClock, logger: silentLogger });
  const emmett = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
  await emmett.schema.migrate();
  const ways = { pool, store, emmett };
  await appending(ways, "one event", 1, 4_000);
  await appending(ways, `${atOnce} events`, atOnce, 20_000);
  await reading(ways);
  await readingAll(ways);
  await emmett.close();
  await store.close();
  await pool.end();
}

let made = 0;
const newEvent = (): MeshEvent => ({ ...event, id: `event-${made++}` }) as MeshEvent;
const newEvents = (count: number): MeshEvent[] => Array.from({ length: count }, newEvent);

async function appending(
  { pool, store, emmett }: Ways,
  what: string,
  size: number,
  times: number,
): Promise<void> {
  await compare({
    title: `PostgreSQL: appending ${what} at a time, ${connections} streams at once`,
    unit: "event",
    times,
    rounds: 5,
    contestants: [
      {
        name: names.hand,
        run: inLanes(size, (stream, version) => appendByHand(pool, stream, version, newEvents(size))),
      },
      {
        name: names.ours,
        run: inLanes(size, (stream, version) => store.streams.append(stream, version, newEvents(size))),
      },
      {
        name: names.emmett,
        run: inLanes(size, (stream, version) =>
          emmett.appendToStream(stream, forEmmett(newEvents(size)), {
            expectedStreamVersion: version === 0 ? "STREAM_DOES_NOT_EXIST" : BigInt(version),
          }),
        ),
      },
    ],
    goals: { [names.ours]: 0.8 },
  });
}

function forEmmett(events: readonly MeshEvent[]): { type: string; data: Record<string, unknown> }[] {
  return events.map((one) => ({ type: one.type, data: one as unknown as Record<string, unknown> }));
}

let lanes = 0;

/** Each connection has a stream of its own, to whose end it appends. */
function inLanes(
  size: number,
  append: (stream: string, version: number) => Promise<unknown>,
): Contestant["run"] {
  return async (times) => {
    let left = times;
    const lane = async (): Promise<void> => {
      const stream = `build/${lanes++}`;
      for (let version = 0; left > 0; version += size) {
        left -= size;
        await append(stream, version);
      }
    };
    await Promise.all(Array.from({ length: connections }, lane));
  };
}

async function reading({ pool, store, emmett }: Ways): Promise<void> {
  const stream = "read/1";
  for (let version = 0; version < inStream; version += atOnce) {
    const events = newEvents(atOnce);
    await appendByHand(pool, stream, version, events);
    await store.streams.append(stream, version, events);
    await emmett.appendToStream(stream, forEmmett(events));
  }
  const whole =
    (read: () => Promise<number>): Contestant["run"] =>
    async (times) => {
      for (let left = times; left > 0; left -= await read());
    };
  await compare({
    title: `PostgreSQL: reading a stream of ${inStream} events`,
    unit: "event",
    times: 20_000,
    rounds: 5,
    contestants: [
      { name: names.hand, run: whole(() => readByHand(pool, stream)) },
      { name: names.ours, run: whole(() => count(store.streams.read(stream))) },
      { name: names.emmett, run: whole(async () => (await emmett.readStream(stream)).events.length) },
    ],
    goals: { [names.ours]: 0.8 },
  });
}

async function readingAll({ pool, store }: Ways): Promise<void> {
  // What was appended is given its place now, once: that is part of appending, and measured below.
  await store.streams.head();
  // As autovacuum does sooner or later: without statistics what is written by hand is read by sorting the whole table.
  await pool.query("VACUUM ANALYZE");
  await compare({
    title: `PostgreSQL: reading ${inLog} events of the log, 500 at a time`,
    unit: "event",
    times: inLog,
    rounds: 5,
    contestants: [
      { name: names.hand, run: (times) => readAllByHand(pool, times) },
      { name: names.ours, run: (times) => count(store.streams.readAll({ limit: times })) },
    ],
    goals: { [names.ours]: 0.8 },
  });
}

async function count(events: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _ of events) found++;
  return found;
}
