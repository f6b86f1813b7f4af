/**
 * An outbox that has grown to a million rows while there was no relay, and one that drains it: whether its pace depends on how
 * much waits and on what it has left behind, and what is left of the table at the end.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createMesh, memoryBroker } from "@meshwright/core";
import { type Broker, silentLogger, systemClock } from "@meshwright/core/adapter";
import { postgresStore } from "@meshwright/postgres";
import pg, { type Pool } from "pg";
import { cpuMsOf } from "../place.js";
import { catalog, text, type } from "../sample.js";
import { perSecond, printMarkdown } from "../table.js";

const total = 1_000_000;
const stretch = total / 10;
const together = 1_000;
const keys = 5_000;
/** Autovacuum looks once a minute. */
const vacuumMs = 300_000;
/** How much more the last tenth may take than the first: what was deleted and not vacuumed yet is still there to be passed over. */
const even = 1.5;
/** What may be left, as a share of what it was at most. */
const nearEmpty = 0.05;

export async function draining(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const sizes: Sizes[] = [];
  const measure = async (when: string): Promise<Sizes> => {
    const now = { when, ...(await sizesOf(pool)) };
    sizes.push(now);
    return now;
  };
  await migrate(pool);
  await measure("made");
  await fill(pool, total);
  const peak = await measure(`${total.toLocaleString("en")} rows wait`);
  const tenths = await drain(pool, total);
  await measure("drained");
  const enough = peak.total * nearEmpty;
  await untilVacuumed(pool, enough);
  const end = await measure("after autovacuum");
  for (const when of ["100,000 rows wait", "after autovacuum, and 100,000 wait again"]) {
    await fill(pool, stretch);
    await measure(when);
    await drain(pool, stretch);
    await untilVacuumed(pool, enough);
  }
  await pool.end();
  print(tenths, sizes, end.total <= enough);
}

async function migrate(pool: Pool): Promise<void> {
  const store = postgresStore({ pool, prefix: "drain" });
  await store.migrate();
  await store.close();
}

async function fill(pool: Pool, count: number): Promise<void> {
  const store = postgresStore({ pool, prefix: "drain" });
  await store.open({ clock: systemClock, logger: silentLogger });
  const row = (index: number) => ({
    channel: "events",
    message: {
      id: `event-${index}`,
      type,
      key: `key-${index % keys}`,
      contentType: "application/cloudevents+json",
      headers: {},
      body: text,
    },
  });
  for (let from = 0; from < count; from += together) {
    const rows = Array.from({ length: together }, (_, index) => row(from + index));
    await store.transaction((tx) => tx.append(rows));
  }
  await store.close();
}

/** What a tenth took. */
interface Tenth {
  readonly ms: number;
  /** Of the processor, by this process and by those of the server that serve it. Says more than the clock where others work too. */
  readonly cpuMs: number;
}

async function drain(pool: Pool, rows: number): Promise<Tenth[]> {
  const marks: Promise<Mark>[] = [];
  let count = 0;
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  const broker = counting(memoryBroker(), (messages) => {
    const before = Math.floor(count / stretch);
    count += messages;
    if (Math.floor(count / stretch) > before) marks.push(mark(pool));
    if (count >= rows) done();
  });
  const store = postgresStore({ pool, prefix: "drain" });
  await using mesh = createMesh({ service: "bench", catalog, broker, store });
  marks.push(mark(pool));
  await mesh.start();
  await all;
  const [first, ...others] = await Promise.all(marks);
  return others.map((one, index) => {
    const last = others[index - 1] ?? first;
    return { ms: one.at - (last?.at ?? 0), cpuMs: one.cpuMs - (last?.cpuMs ?? 0) };
  });
}

interface Mark {
  readonly at: number;
  readonly cpuMs: number;
}

async function mark(pool: Pool): Promise<Mark> {
  const at = performance.now();
  const { user, system } = process.cpuUsage();
  const { rows } = await pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
  );
  return { at, cpuMs: rows.reduce((sum, { pid }) => sum + cpuMsOf(pid), (user + system) / 1_000) };
}

function counting(broker: Broker, published: (messages: number) => void): Broker {
  return {
    name: broker.name,
    capabilities: broker.capabilities,
    open: (context) => broker.open(context),
    subscribe: (request) => broker.subscribe(request),
    close: () => broker.close(),
    async publish(channel, messages) {
      await broker.publish(channel, messages);
      published(messages.length);
    },
  };
}

/** In bytes. */
interface Sizes {
  readonly when: string;
  /** The table with what is stored beside it, its maps, and its indexes. */
  readonly total: number;
  readonly table: number;
  readonly indexes: readonly (readonly [name: string, bytes: number])[];
}

async function sizesOf(pool: Pool): Promise<Omit<Sizes, "when">> {
  const { rows } = await pool.query<{ total: string; table: string }>(
    `SELECT pg_total_relation_size('drain_outbox') AS total, pg_relation_size('drain_outbox') AS "table"`,
  );
  const { rows: indexes } = await pool.query<{ name: string; bytes: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_relation_size(indexrelid) AS bytes
     FROM pg_index WHERE indrelid = 'drain_outbox'::regclass ORDER BY 1`,
  );
  return {
    total: Number(rows[0]?.total),
    table: Number(rows[0]?.table),
    indexes: indexes.map(({ name, bytes }) => [name, Number(bytes)]),
  };
}

/** Autovacuum comes when it comes. */
async function untilVacuumed(pool: Pool, bytes: number): Promise<void> {
  const until = performance.now() + vacuumMs;
  while (performance.now() < until) {
    if ((await sizesOf(pool)).total <= bytes) return;
    await sleep(1_000);
  }
}

function print(tenths: readonly Tenth[], sizes: readonly Sizes[], isNearEmpty: boolean): void {
  const ratio = (tenths.at(-1)?.cpuMs ?? 0) / (tenths[0]?.cpuMs ?? 0);
  printMarkdown(
    `PostgreSQL: ${total.toLocaleString("en")} rows of 1 KB drained by one relay to a broker in memory`,
    [
      ["tenth", "rows per second", "processor time per 1,000 rows"],
      ["---:", "---:", "---:"],
      ...tenths.map(({ ms, cpuMs }, index) => [
        String(index + 1),
        perSecond((stretch / ms) * 1_000),
        `${((cpuMs / stretch) * 1_000).toFixed(1)} ms`,
      ]),
    ],
    `Processor time, last tenth to first: ${ratio.toFixed(2)}, at most ${even}: ${ratio <= even ? "met" : "MISSED"}`,
  );
  const indexes = sizes[0]?.indexes.map(([name]) => name) ?? [];
  printMarkdown(
    "PostgreSQL: the size of the outbox",
    [
      ["when", "all", "table", ...indexes],
      ["---", "---:", "---:", ...indexes.map(() => "---:")],
      ...sizes.map(({ when, total: all, table, indexes: own }) => [
        when,
        ...[all, table, ...own.map(([, bytes]) => bytes)].map(mebibytes),
      ]),
    ],
    `At most ${nearEmpty * 100} % of the most after autovacuum: ${isNearEmpty ? "met" : "MISSED"}. What is left are empty pages of the index.`,
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
