import { eventually } from "../waiting.js";
import { type ServerGroup, serverGroup } from "./group.js";
import { freePort } from "./ports.js";
import { redisServer } from "./redis.js";
import type { RedisServer } from "./redis-process.js";

/** Three primaries that share the slots evenly, without replicas. */
export interface RedisCluster extends ServerGroup {
  readonly nodes: readonly RedisServer[];
}

const slots = 16_384;
const size = 3;

/**
 * Starts a Redis Cluster of three nodes; resolves when all of them agree that it is up.
 *
 * @throws MeshError as `redisServer`
 * @example
 * await using cluster = await redisCluster();
 * const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
 */
export function redisCluster(): Promise<RedisCluster> {
  return serverGroup(async (keep) => {
    const nodes: RedisServer[] = [];
    for (let index = 0; index < size; index++) {
      const bus = await freePort();
      const config = ["cluster-enabled yes", `cluster-port ${bus}`, "cluster-node-timeout 1000"];
      const node = await keep(redisServer({ config }));
      await node.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
      await node.command("CLUSTER", "ADDSLOTSRANGE", ...rangeOf(index));
      await nodes[0]?.command("CLUSTER", "MEET", node.host, String(node.port), String(bus));
      nodes.push(node);
    }
    await eventually("the cluster to be up", async () => {
      const states = await Promise.all(nodes.map((node) => node.command("CLUSTER", "INFO")));
      return states.every((state) => isUp(String(state)));
    });
    return { nodes };
  });
}

/** The first and the last slot of a node. */
function rangeOf(index: number): [string, string] {
  const start = (which: number): number => Math.floor((which * slots) / size);
  return [String(start(index)), String(start(index + 1) - 1)];
}

function isUp(info: string): boolean {
  return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${size}`);
}
