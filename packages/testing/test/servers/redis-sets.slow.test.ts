import { expect, test } from "vitest";
import { eventually, redisCluster, redisSentinel } from "../../src/index.js";

test("a Sentinel set puts the replica in the place of a dead primary", async () => {
  await using set = await redisSentinel();
  const { primary, replica } = set;
  await primary.command("SET", "word", "kept");
  expect(await primary.command("WAIT", "1", "5000")).toBe(1);
  expect(await set.primaryPort()).toBe(primary.port);
  await expect(replica.command("SET", "word", "lost")).rejects.toThrow("READONLY");
  await primary.kill();
  await eventually("a new primary", async () => (await set.primaryPort()) === replica.port);
  await eventually("it to take writes", () => replica.command("SET", "next", "1").catch(() => undefined));
  expect(await replica.command("GET", "word")).toBe("kept");
});

test("a Cluster of three has every slot, on one node each, and keeps them over a kill", async () => {
  await using cluster = await redisCluster();
  const words = Array.from({ length: 20 }, (_, index) => `word-${index}`);
  for (const word of words) {
    const answers = await Promise.all(
      cluster.nodes.map((node) => node.command("SET", word, "kept").catch((error: Error) => error.message)),
    );
    expect(answers.filter((answer) => answer === "OK")).toHaveLength(1);
    expect(answers.filter((answer) => String(answer).startsWith("MOVED"))).toHaveLength(2);
  }
  const [node] = cluster.nodes;
  await node?.kill();
  await node?.start();
  await eventually("the cluster to be whole again", async () => {
    const states = await Promise.all(cluster.nodes.map((one) => one.command("CLUSTER", "INFO")));
    return states.every((state) => String(state).includes("cluster_state:ok"));
  });
});
