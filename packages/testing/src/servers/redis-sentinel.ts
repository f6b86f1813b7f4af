import { eventually } from "../waiting.js";
import { type ServerGroup, serverGroup } from "./group.js";
import { redisServer } from "./redis.js";
import { type RedisServer, startRedis } from "./redis-process.js";

export interface RedisSentinelOptions {
  /** How many sentinels; default 3, of which two must agree that the primary is down. */
  readonly sentinels?: number;
  /** How long the primary may be silent before it counts as down, in milliseconds; default 500. */
  readonly downAfterMs?: number;
}

/** A primary, a replica of it, and sentinels that put the replica in its place when it fails. */
export interface RedisSentinel extends ServerGroup {
  /** What the sentinels call it: clients ask them for it by this name. */
  readonly name: string;
  readonly sentinels: readonly RedisServer[];
  /** The one that is the primary at first, and the one that is its replica at first. */
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  /** The port of the primary as the first running sentinel sees it; 0 when none runs. */
  primaryPort(): Promise<number>;
}

const name = "primary";

/**
 * Starts a small Sentinel set; resolves when the replica is in sync and all sentinels know each other, so that a failover
 * can happen from then on. It takes two to three seconds, the sentinels' own rhythm.
 *
 * @throws MeshError as `redisServer`
 * @example
 * await using set = await redisSentinel();
 * const client = new Redis({ name: set.name, sentinels: set.sentinels.map(({ host, port }) => ({ host, port })) });
 * await set.primary.kill();
 * await eventually("a new primary", async () => (await set.primaryPort()) === set.replica.port);
 */
export function redisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const { sentinels: count = 3, downAfterMs = 500 } = options;
  return serverGroup(async (keep) => {
    // Else the first sync waits five seconds for other replicas.
    const primary = await keep(redisServer({ config: ["repl-diskless-sync-delay 0"] }));
    const replica = await keep(redisServer({ config: [`replicaof 127.0.0.1 ${primary.port}`] }));
    await eventually("the replica to be in sync", async () =>
      String(await replica.command("INFO", "replication")).includes("master_link_status:up"),
    );
    const lines = [
      `sentinel monitor ${name} 127.0.0.1 ${primary.port} ${Math.floor(count / 2) + 1}`,
      `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
      `sentinel failover-timeout ${name} 3000`,
    ];
    const sentinels = await Promise.all(
      Array.from({ length: count }, () => keep(startRedis({ lines, sentinel: true }))),
    );
    await eventually("the sentinels to know each other", async () => {
      const views = await Promise.all(sentinels.map(view));
      return views.every(
        (seen) => seen.get("num-slaves") === "1" && seen.get("num-other-sentinels") === `${count - 1}`,
      );
    });
    const primaryPort = async (): Promise<number> => {
      const asked = sentinels.find(({ running }) => running);
      return asked === undefined ? 0 : Number((await view(asked)).get("port"));
    };
    return { name, sentinels, primary, replica, primaryPort };
  });
}

/** What a sentinel knows of the primary. */
async function view(sentinel: RedisServer): Promise<Map<string, string>> {
  const reply = (await sentinel.command("SENTINEL", "MASTER", name)) as readonly string[];
  return new Map(reply.flatMap((word, index) => (index % 2 === 0 ? [[word, reply[index + 1] ?? ""]] : [])));
}
