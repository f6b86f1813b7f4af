/** End to end on Redis, in two processes. Each run has a server of its own, so that none finds what another one left. */
import { compareLatency, compareThroughput, type Sized } from "../end-to-end.js";
import { redisPlace } from "../place.js";

const names = {
  pipelined: "raw, pipelined",
  scripted: "raw, scripted",
  brokerKey: "meshwright: broker, ordering key",
  brokerNone: "meshwright: broker, ordering none",
  meshKey: "meshwright: mesh, ordering key",
  meshNone: "meshwright: mesh, ordering none",
  bullmq: "BullMQ",
  nest: "NestJS Redis transport",
} as const;

const raws =
  "Raw: ioredis, pipelines of 256 or a Lua script for as many, reads of 500, as many acknowledged at once.";
const durability = {
  always: "Redis with `appendonly yes` and `appendfsync always`: what was confirmed is on disk.",
  everysec: "Redis with `appendonly yes` and `appendfsync everysec`.",
} as const;

const fast = 240_000;
const raw: readonly [Sized, Sized] = [
  { name: names.pipelined, contestant: "redis/pipelined", count: fast },
  { name: names.scripted, contestant: "redis/scripted", count: fast },
];
const ours: readonly Sized[] = [
  { name: names.brokerKey, contestant: "redis/broker", ordering: "key", count: fast },
  { name: names.brokerNone, contestant: "redis/broker", ordering: "none", count: fast },
  { name: names.meshKey, contestant: "redis/mesh", ordering: "key", count: fast },
  { name: names.meshNone, contestant: "redis/mesh", ordering: "none", count: fast },
];
const peers: readonly Sized[] = [
  { name: names.bullmq, contestant: "redis/bullmq", count: fast / 24 },
  { name: names.nest, contestant: "redis/nest", count: fast / 6 },
];

const brokers = [names.brokerKey, names.brokerNone];

export async function redis(): Promise<void> {
  await compareThroughput({
    title: "Redis: end to end in two processes, events of 1 KB",
    place: () => redisPlace("always"),
    entrants: [...raw, ...ours, ...peers],
    goals: [
      ...brokers.map((of) => ({ of, least: 0.8 })),
      ...brokers.map((of) => ({ of, against: names.scripted, least: 0.8 })),
      ...brokers.map((of) => ({ of, against: names.bullmq, least: 5 })),
    ],
    note: `${durability.always} ${raws} NestJS publishes to whoever listens: it stores nothing, and nothing is acknowledged.`,
  });
  await compareThroughput({
    title: "Redis: the same, synced to disk once a second",
    place: () => redisPlace("everysec"),
    entrants: [...raw, ...ours.slice(0, 3)],
    goals: [
      ...brokers.map((of) => ({ of, least: 0.8 })),
      ...brokers.map((of) => ({ of, against: names.scripted, least: 0.8 })),
    ],
    note: `${durability.everysec} ${raws}`,
  });
  await compareLatency({
    title: "Redis: from publish to handler at 1,000 events per second",
    place: () => redisPlace("always"),
    entrants: [raw[0], ...ours.slice(0, 3)],
    mostAtP99: 1.5,
    note: durability.always,
  });
}
