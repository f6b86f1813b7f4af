import { type RedisBroker, type RedisBrokerOptions, redisBroker } from "@meshwright/redis";
import type { ConformanceOptions, RedisServer } from "@meshwright/testing";
import { unordered } from "./unordered.js";

const fast = { lease: 1_000, timeout: 1_000 } as const;

/** How the adapter is proven on a server: with ordered groups, or without any. */
export function conformanceOptions(server: RedisServer, order: boolean): ConformanceOptions<RedisBroker> {
  const { url } = server;
  const create = (over: RedisBrokerOptions = {}): RedisBroker => {
    const broker = redisBroker({ url, ...fast, ...over });
    return order ? broker : unordered(broker);
  };
  return {
    create: () => create(),
    fork: { module: new URL("./forked-broker.ts", import.meta.url), options: { url, ...fast, order } },
    leaseMs: fast.lease,
    capabilities: { durable: true, reach: "network", keyOrder: order, atomicBatch: true, replay: true },
    restart: () => server.restart(),
    network: {
      target: { host: server.host, port: server.port },
      create: ({ host, port }) => create({ url: `redis://${host}:${port}` }),
    },
    retention: {
      create: () => create({ retention: { maxAge: 0, maxMessages: 1, interval: 20 } }),
      hard: {
        messages: 100,
        create: () => create({ retention: { hardLimit: { maxMessages: 100 }, interval: 20 } }),
      },
    },
    async corrupt({ namespace, channel }, bytes) {
      // The harness sends text only: bytes go in by way of a script.
      const lua = `return redis.call('XADD', KEYS[1], '*', 'no head', string.char(${[...bytes].join(",")}))`;
      await server.command("EVAL", lua, "1", `mw:{${namespace}/${channel}}:log:0`);
    },
    async incompatible() {
      await server.command(
        "EVAL",
        "redis.call('SELECT', 1) redis.call('SET', KEYS[1], '99')",
        "1",
        "mw:format",
      );
      return create({ url: `${url}/1` });
    },
  };
}
