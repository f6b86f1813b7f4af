import { EventEmitter } from "node:events";
import { createMesh, memoryBroker, memoryServer } from "@meshwright/core";
import Emittery from "emittery";
import { filter, Subject } from "rxjs";
import type { Comparison, Contestant } from "./harness.js";
import { catalog, small } from "./sample.js";

const batchSize = 256;
const ours = "meshwright: memory broker";

/**
 * From publish to the end of the handler, in one process. The mesh does more than its peers here: it validates,
 * encodes, stores, decodes, routes, keeps order and acknowledges.
 */
export async function dispatch(): Promise<{ readonly comparison: Comparison; stop(): Promise<void> }> {
  const mesh = await meshContestant();
  const comparison: Comparison = {
    title: "In memory: publish to handler, one handler, batches of 256",
    unit: "event",
    times: 100_000,
    contestants: [bareAwait(), mesh.contestant, bareJson(), emitter(), emittery(), subject()],
    leastPerSecond: { [ours]: 300_000 },
  };
  return { comparison, stop: mesh.stop };
}

/** What handlers do: too little to matter, too much to be optimised away. */
const sum = {
  value: 0,
  add(n: number): void {
    this.value += n;
  },
};

/** The floor: a map look-up and an awaited call. */
function bareAwait(): Contestant {
  const handlers = new Map([[small.type, async (data: { n: number }) => sum.add(data.n)]]);
  const run = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) await handlers.get(small.type)?.({ n });
  };
  return { name: "Map + awaited async function", run };
}

async function meshContestant(): Promise<{ contestant: Contestant; stop(): Promise<void> }> {
  let left = 0;
  let done = (): void => undefined;
  // Its peers keep nothing for replay either.
  const server = memoryServer({ retention: { maxMessages: 0 } });
  const mesh = createMesh({ service: "bench", catalog, broker: memoryBroker({ server }) });
  mesh.on(small.type, { concurrency: batchSize, prefetch: batchSize * 3 }, async () => {
    if (--left === 0) done();
  });
  await mesh.start();
  // A batch is handled to its end before the next one is published: otherwise the backlog would be measured.
  const run = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += batchSize) {
      left = Math.min(batchSize, times - n);
      const handled = new Promise<void>((resolve) => {
        done = resolve;
      });
      await mesh.publishAll(
        Array.from({ length: left }, (_, i) => ({
          type: small.type,
          data: { n: n + i },
          subject: `s${i % 64}`,
        })),
      );
      await handled;
    }
  };
  return { contestant: { name: ours, run }, stop: () => mesh.stop() };
}

/** What writing and reading the same event as JSON costs, and nothing else. */
function bareJson(): Contestant {
  const event = {
    specversion: "1.0",
    id: "01a208c3-b6e4-76ee-9e37-9874239a9005",
    source: "/bench",
    type: small.type,
    time: "2026-11-23T14:16:13.796Z",
    datacontenttype: "application/json",
    correlationid: "01a208c3-b6e4-76ee-9e37-9874239a9005",
    subject: "s1",
    data: { n: 1 },
  };
  return {
    name: "JSON.stringify + JSON.parse of such an event",
    run: (times) => {
      for (let n = 0; n < times; n++) sum.add(JSON.parse(JSON.stringify(event)).data.n);
    },
  };
}

function emitter(): Contestant {
  const events = new EventEmitter();
  events.on(small.type, (data: { n: number }) => sum.add(data.n));
  return {
    name: "EventEmitter (synchronous)",
    run: (times) => {
      for (let n = 0; n < times; n++) events.emit(small.type, { n });
    },
  };
}

function emittery(): Contestant {
  const events = new Emittery<{ [small.type]: { n: number } }>();
  events.on(small.type, async ({ n }) => sum.add(n));
  const run = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += batchSize) {
      await Promise.all(Array.from({ length: batchSize }, (_, i) => events.emit(small.type, { n: n + i })));
    }
  };
  return { name: "emittery", run };
}

function subject(): Contestant {
  const events = new Subject<{ type: string; n: number }>();
  for (let i = 0; i < 99; i++) events.pipe(filter(({ type }) => type === `other.${i}`)).subscribe();
  events.pipe(filter(({ type }) => type === small.type)).subscribe(({ n }) => sum.add(n));
  return {
    name: "RxJS Subject with 100 filters (synchronous)",
    run: (times) => {
      for (let n = 0; n < times; n++) events.next({ type: small.type, n });
    },
  };
}
