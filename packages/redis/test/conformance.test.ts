import { redisBroker } from "@meshwright/redis";
import { redisServer, testBroker } from "@meshwright/testing";
import { afterAll } from "vitest";

const server = await redisServer({ appendfsync: "always" });
afterAll(() => server.close());
const { url } = server;
const fast = { lease: 1_000, timeout: 1_000 } as const;
const options = { url, ...fast };

testBroker({
  create: () => redisBroker(options),
  fork: { module: new URL("./forked-broker.ts", import.meta.url), options },
  leaseMs: fast.lease,
  capabilities: { durable: true, reach: "network", keyOrder: true, atomicBatch: true, replay: true },
  restart: () => server.restart(),
  network: {
    target: { host: server.host, port: server.port },
    create: ({ host, port }) => redisBroker({ url: `redis://${host}:${port}`, ...fast }),
  },
  retention: {
    create: () => redisBroker({ ...options, retention: { maxAge: 0, maxMessages: 1, interval: 20 } }),
    hard: {
      messages: 100,
      create: () => redisBroker({ ...options, retention: { hardLimit: { maxMessages: 100 }, interval: 20 } }),
    },
  },
  async corrupt({ namespace, channel }, bytes) {
    // The shape of the harness's client is text only: bytes go in by way of a script.
    const list = [...bytes].join(",");
    const lua = `return redis.call('XADD', KEYS[1], '*', 'k', 'damaged', 'm', 'no head', 'b', string.char(${list}))`;
    await server.command("EVAL", lua, "1", `mw:{${namespace}/${channel}}:log:0`);
  },
  async incompatible() {
    await server.command(
      "EVAL",
      "redis.call('SELECT', 1) redis.call('SET', KEYS[1], '99')",
      "1",
      "mw:format",
    );
    return redisBroker({ url: `${url}/1`, ...fast });
  },
});
