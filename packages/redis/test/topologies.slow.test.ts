import { eventually, redisCluster, redisSentinel } from "@meshwright/testing";
import { Cluster } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { ackAll, message, openBroker, received, subscribe } from "./support.js";

const fast = { lease: 1_000, timeout: 1_000 } as const;

test("Sentinel: after a failover publishing and consuming go on by themselves", async () => {
  await using set = await redisSentinel();
  const sentinels = set.sentinels.map(({ host, port }) => ({ host, port }));
  const broker = await openBroker({ connection: { name: set.name, sentinels }, minReplicas: 1, ...fast });
  const got = ackAll(await subscribe(broker));
  await broker.publish("orders", [message({ id: "before" })]);
  await eventually("the first arrives", () => received(got, "before"));
  await set.primary.kill();
  await eventually("a new primary", async () => (await set.primaryPort()) === set.replica.port);
  // The new primary has no replica: what it takes is confirmed by nobody else, and publish says so.
  const alone = await openBroker({ connection: { name: set.name, sentinels }, ...fast });
  await alone.publish("orders", [message({ id: "after" })]);
  await eventually("the next arrives", () => received(got, "after"), { deadlineMs: 20_000 });
  await expect(broker.publish("orders", [message()])).rejects.toMatchObject({
    code: "REDIS_TOO_FEW_REPLICAS",
  });
}, 60_000);

test("Cluster: channels spread over the nodes, each with its groups, retries and shelf", async () => {
  await using cluster = await redisCluster();
  const nodes = cluster.nodes.map(({ host, port }) => ({ host, port }));
  const broker = await openBroker({ cluster: { nodes }, ...fast });
  const channels = Array.from({ length: 9 }, (_, index) => `channel-${index}`);
  for (const channel of channels) {
    for (const ordering of ["key", "none"] as const) {
      const got = ackAll(await subscribe(broker, { channel, group: ordering, ordering }));
      await broker.publish(channel, [message({ id: `${channel}-${ordering}` })]);
      await eventually("it arrives", () => received(got, `${channel}-${ordering}`));
    }
  }
  const counts = await Promise.all(cluster.nodes.map((node) => node.command("DBSIZE")));
  expect(counts.every((count) => Number(count) > 0)).toBe(true);
  expect((await broker.inspect()).length).toBe(channels.length * 2);
}, 60_000);

test("a Cluster client that was given is never closed", async () => {
  await using cluster = await redisCluster();
  const client = new Cluster(cluster.nodes.map(({ host, port }) => ({ host, port })));
  onTestFinished(() => client.disconnect());
  const broker = await openBroker({ client, ...fast });
  await broker.publish("orders", [message()]);
  await broker.close();
  expect(client.status).toBe("ready");
}, 60_000);
