import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMesh, formatEvent } from "@meshwright/core";
import {
  type Broker,
  type Subscription,
  silentLogger,
  systemClock,
  type WireMessage,
} from "@meshwright/core/adapter";
import { sqliteBroker } from "@meshwright/sqlite";
import { openBare } from "./bare-sqlite.js";
import type { Comparison } from "./harness.js";
import { catalog, data, event, text, type } from "./sample.js";

const inFlight = 256;

/** What has to be closed and removed after a comparison. */
export interface Prepared {
  readonly comparison: Comparison;
  stop(): Promise<void>;
}

const names = {
  bare: "bare batched INSERT, same driver, same durability",
  publish: "meshwright: broker.publish, 256 in flight",
  meshPublish: "meshwright: mesh.publish, 256 in flight",
  cycle: "meshwright: broker publish to ack",
  meshCycle: "meshwright: mesh publish to handler to ack",
  file: "file append + fdatasync per 256",
} as const;

/** Publishing to a durable file: 256 at a time, one fsync for all of them. */
export async function sqlitePublish(): Promise<Prepared> {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-bench-"));
  const bare = await openBare(join(folder, "bare.db"));
  const broker = await opened(join(folder, "publish.db"));
  const mesh = createMesh({
    service: "bench",
    catalog,
    broker: sqliteBroker({ path: join(folder, "mesh.db") }),
  });
  await mesh.start();
  const log = openSync(join(folder, "append.log"), "a");
  const comparison: Comparison = {
    title: "SQLite: publish, durable",
    unit: "event",
    times: 20_480,
    contestants: [
      { name: names.bare, run: (times) => inBatches(times, (size) => bare.insert(batch(size))) },
      {
        name: names.publish,
        run: (times) =>
          inBatches(times, (size) => concurrently(size, () => broker.publish("events", batch(1)))),
      },
      {
        name: names.meshPublish,
        run: (times) => inBatches(times, (size) => concurrently(size, () => mesh.publish(type, data))),
      },
      { name: names.file, run: (times) => inBatches(times, (size) => append(log, size)) },
    ],
    goals: { [names.publish]: 0.7 },
  };
  const stop = async (): Promise<void> => {
    await mesh.stop();
    await broker.close();
    bare.close();
    closeSync(log);
    await rm(folder, { recursive: true, force: true });
  };
  return { comparison, stop };
}

/** Published, delivered and acknowledged. */
export async function sqliteCycle(): Promise<Prepared> {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-bench-"));
  const bare = await openBare(join(folder, "bare.db"));
  const broker = await opened(join(folder, "cycle.db"));
  const request = {
    channel: "events",
    group: "bench",
    ordering: "key",
    from: "latest",
    prefetch: 1_024,
  } as const;
  const acknowledged = acknowledgeAll(await broker.subscribe(request));
  const mesh = createMesh({
    service: "bench",
    catalog,
    broker: sqliteBroker({ path: join(folder, "mesh.db") }),
  });
  const handled = counter();
  mesh.on(type, { concurrency: inFlight, prefetch: inFlight * 3 }, async () => handled.add(1));
  await mesh.start();
  const comparison: Comparison = {
    title: "SQLite: publish to acknowledgement, durable, one process",
    unit: "event",
    times: 20_480,
    contestants: [
      { name: names.bare, run: (times) => inBatches(times, (size) => bare.insert(batch(size))) },
      {
        name: names.cycle,
        run: async (times) => {
          const all = acknowledged.expect(times);
          await inBatches(times, (size) => concurrently(size, () => broker.publish("events", batch(1))));
          await all;
        },
      },
      {
        name: names.meshCycle,
        run: async (times) => {
          const all = handled.expect(times);
          await inBatches(times, (size) =>
            concurrently(size, () => mesh.publish(type, data, { subject: subject() })),
          );
          await all;
        },
      },
    ],
    goals: { [names.cycle]: 0.35 },
  };
  const stop = async (): Promise<void> => {
    await mesh.stop();
    await broker.close();
    bare.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { comparison, stop };
}

async function opened(path: string): Promise<Broker> {
  const broker = sqliteBroker({ path });
  const report = (): void => undefined;
  await broker.open({
    namespace: "bench",
    service: "bench",
    clock: systemClock,
    logger: silentLogger,
    report,
  });
  return broker;
}

let published = 0;

function subject(): string {
  return `pipeline-${published++ % 500}`;
}

function batch(size: number): WireMessage[] {
  const contentType = "application/cloudevents+json";
  return Array.from({ length: size }, () => {
    const key = subject();
    return { id: `${event.id}-${published}`, type, key, contentType, headers: {}, body: text };
  });
}

async function inBatches(times: number, send: (size: number) => unknown): Promise<void> {
  for (let n = 0; n < times; n += inFlight) await send(Math.min(inFlight, times - n));
}

function concurrently(size: number, one: () => Promise<unknown>): Promise<unknown> {
  return Promise.all(Array.from({ length: size }, one));
}

function append(log: number, size: number): void {
  writeSync(log, `${formatEvent(event)}\n`.repeat(size));
  fdatasyncSync(log);
}

interface Counter {
  add(count: number): void;
  /** Resolves when so many more have been added. */
  expect(count: number): Promise<void>;
}

function counter(): Counter {
  let left = 0;
  let done = (): void => undefined;
  return {
    add(count) {
      left -= count;
      if (left === 0) done();
    },
    expect(count) {
      left = count;
      return new Promise((resolve) => {
        done = resolve;
      });
    },
  };
}

function acknowledgeAll(subscription: Subscription): Counter {
  const settled = counter();
  const work = async (): Promise<void> => {
    for await (const deliveries of subscription) {
      const acks = deliveries.map((delivery) => ({ delivery, outcome: "ack" }) as const);
      void subscription.settle(acks).then(() => settled.add(acks.length));
    }
  };
  void work();
  return settled;
}
