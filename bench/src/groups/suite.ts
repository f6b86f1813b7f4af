import { redisPlace } from "../place.js";
import type { Entrant } from "../two-processes.js";
import { compareCrowds } from "./crowd.js";

const redis: readonly Entrant[] = [
  { name: "raw", contestant: "redis/raw-groups" },
  { name: "meshwright, ordering key", contestant: "redis/broker", ordering: "key" },
  { name: "meshwright, ordering none", contestant: "redis/broker", ordering: "none" },
];

const sizes = [10, 100, 1_000];

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
}
