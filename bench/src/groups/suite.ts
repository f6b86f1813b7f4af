import { rabbitmqPlace, redisPlace } from "../place.js";
import type { Entrant } from "../two-processes.js";
import { compareCrowds } from "./crowd.js";

const redis: readonly Entrant[] = [
  { name: "raw", contestant: "redis/raw-groups" },
  { name: "meshwright, ordering key", contestant: "redis/broker", ordering: "key" },
  { name: "meshwright, ordering none", contestant: "redis/broker", ordering: "none" },
];

const rabbitmq: readonly Entrant[] = [
  { name: "raw", contestant: "rabbitmq/raw-groups" },
  { name: "meshwright, ordering key", contestant: "rabbitmq/broker", ordering: "key" },
  { name: "meshwright, ordering none", contestant: "rabbitmq/broker", ordering: "none" },
];

const sizes = [10, 100, 1_000];
/** A quorum queue is a process with a log of its own: tens of thousands take minutes to declare. */
const fewer = [10, 100];
const fewerNote = "1,000 are left out: an ordered group of ours has two queues for each of its 8 partitions.";

export async function groups(): Promise<void> {
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
  await compareCrowds({
    title: "RabbitMQ: many groups of one channel, all in one process",
    place: rabbitmqPlace,
    entrants: rabbitmq,
    sizes: fewer.map((count) => ({ channels: 1, groups: count })),
    note: `Each event is handled by each group. Raw: one connection for all groups. ${fewerNote}`,
  });
  await compareCrowds({
    title: "RabbitMQ: many channels with a group each, all in one process",
    place: rabbitmqPlace,
    entrants: rabbitmq,
    sizes: fewer.map((count) => ({ channels: count, groups: 1 })),
    note: fewerNote,
  });
}
