import { rabbitmqPlace, redisPlace } from "../place.js";
import { compareCrowds, type Member } from "./crowd.js";

const redis: readonly Member[] = [
  { name: "raw", contestant: "redis/raw-groups" },
  { name: "meshwright, ordering key", contestant: "redis/broker", ordering: "key" },
  { name: "meshwright, ordering none", contestant: "redis/broker", ordering: "none" },
];

const sizes = [10, 100, 1_000];

export async function redisGroups(): Promise<void> {
  await compareCrowds({
    title: "Redis: many groups of one channel, all in one process",
    place: () => redisPlace("everysec"),
    entrants: redis,
    sizes: sizes.map((count) => ({ channels: 1, groups: count })),
    note: "Each event is handled by each group. Raw: one connection for each group.",
  });
  await compareCrowds({
    title: "Redis: many channels with a group each, all in one process",
    place: () => redisPlace("everysec"),
    entrants: redis,
    sizes: sizes.map((count) => ({ channels: count, groups: 1 })),
    note: "Raw: one connection reads all streams in one command, which needs all of them on one server.",
  });
}

/** A quorum queue is a process with a log of its own. An ordered group of ours has two for each of its partitions. */
const rabbitmq: readonly Member[] = [
  { name: "raw", contestant: "rabbitmq/raw-groups" },
  { name: "meshwright, ordering key", contestant: "rabbitmq/broker", ordering: "key", most: 100 },
  { name: "meshwright, ordering none", contestant: "rabbitmq/broker", ordering: "none" },
];

export async function rabbitmqGroups(): Promise<void> {
  await compareCrowds({
    title: "RabbitMQ: many groups of one channel, all in one process",
    place: rabbitmqPlace,
    entrants: rabbitmq,
    sizes: sizes.map((count) => ({ channels: 1, groups: count })),
    note: "Each event is handled by each group. Raw: one connection for all groups. 1,000 ordered groups of ours are left out: they have 17,000 quorum queues, which take minutes.",
  });
  await compareCrowds({
    title: "RabbitMQ: many channels with a group each, all in one process",
    place: rabbitmqPlace,
    entrants: rabbitmq,
    sizes: sizes.slice(0, 2).map((count) => ({ channels: count, groups: 1 })),
    note: "Raw: one connection for all. 1,000 are left out: they take minutes.",
  });
}
