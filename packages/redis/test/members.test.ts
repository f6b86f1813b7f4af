import { type Delivery, partitionOf } from "@meshwright/core/adapter";
import type { RedisBroker } from "@meshwright/redis";
import { eventually, forkBroker, redisServer } from "@meshwright/testing";
import { expect, test } from "vitest";
import { ackAll, contextOf, iterate, message, openBroker, subscribe, take } from "./support.js";

const server = await redisServer({ shared: true });
const keys = 40;

/** Publishes numbered messages over many keys until told to stop. */
function load(broker: RedisBroker): { stop(): Promise<number> } {
  let count = 0;
  let running = true;
  const done = (async () => {
    while (running) {
      const batch = Array.from({ length: 20 }, () =>
        message({ key: `key-${count % keys}`, id: String(count++) }),
      );
      await broker.publish("orders", batch);
    }
  })();
  return {
    async stop() {
      running = false;
      await done;
      return count;
    },
  };
}

/** For each key the numbers of its messages in the order they came. */
function inOrder(got: readonly Delivery[]): boolean {
  const last = new Map<string, number>();
  return got.every(({ message: { key, id } }) => {
    const before = last.get(key) ?? -1;
    last.set(key, Number(id));
    return Number(id) > before;
  });
}

test("a rolling restart of four consumers under load: each message once, in order", async () => {
  const namespace = "rolling";
  const publisher = await openBroker({ url: server.url }, { namespace });
  const got: Delivery[] = [];
  const join = async (): Promise<RedisBroker> => {
    const broker = await openBroker({ url: server.url }, { namespace });
    ackAll(await subscribe(broker, { prefetch: 64 }), got);
    return broker;
  };
  const consumers = [await join(), await join(), await join(), await join()];
  const publishing = load(publisher);
  for (const leaving of consumers) {
    const seen = got.length;
    await join();
    await leaving.close();
    await eventually("the others go on", () => got.length > seen + 200);
  }
  const count = await publishing.stop();
  await eventually("everything arrives", () => got.length >= count);
  expect(new Set(got.map(({ message: { id } }) => id)).size).toBe(count);
  expect(got.length).toBe(count);
  expect(got.every(({ attempt }) => attempt === 1)).toBe(true);
  expect(inOrder(got)).toBe(true);
});

test("a killed member's keys move within the lease, in order, as the next attempt", async () => {
  const lease = 1_500;
  const namespace = "killed";
  const broker = await openBroker({ url: server.url, lease }, { namespace });
  const options = { url: server.url, lease, order: true };
  await using victim = await forkBroker({ module: new URL("./forked-broker.ts", import.meta.url), options });
  await victim.open(contextOf({ namespace }));
  const doomed = await subscribe(victim);
  const sent = Array.from({ length: keys * 3 }, (_, index) =>
    message({ key: `key-${index % keys}`, id: String(index) }),
  );
  await broker.publish("orders", sent);
  const held = await take(iterate(doomed), 100);
  const heir = ackAll(await subscribe(broker, { prefetch: 200 }));
  await victim.kill();
  const killed = Date.now();
  await eventually("all arrive", () => heir.length === sent.length);
  expect(Date.now() - killed).toBeLessThan(lease + 500);
  const again = new Set(held.map(({ message: { id } }) => id));
  for (const { message: one, attempt } of heir) expect(attempt).toBe(again.has(one.id) ? 2 : 1);
  expect(inOrder(heir)).toBe(true);
});

test("partitions are shared out evenly, and those of a member without room go to one that has some", async () => {
  const namespace = "shares";
  const [one, two] = [
    await openBroker({ url: server.url }, { namespace }),
    await openBroker({ url: server.url }, { namespace }),
  ];
  const full = iterate(await subscribe(one, { prefetch: 5 }));
  const many = Array.from({ length: 200 }, (_, index) => message({ key: `key-${index}` }));
  await one.publish("orders", many);
  const held = await take(full, 5);
  const idle = ackAll(await subscribe(two));
  await eventually("all others arrive", () => idle.length === many.length - held.length);
  expect(new Set([...held, ...idle].map(({ message: { id } }) => id)).size).toBe(many.length);
});

test("a partition that went and came back at once keeps what it has to wait for", async () => {
  const namespace = "returned";
  const options = { url: server.url, partitions: 4 };
  const [one, two] = [await openBroker(options, { namespace }), await openBroker(options, { namespace })];
  // Of four partitions that the second member has, the first one takes 0 and 1 back.
  const [held, free] = [keyOf(0, 4), keyOf(1, 4)];
  const first = await subscribe(one);
  const firstGets = iterate(first);
  await one.publish("orders", [message({ key: held })]);
  const [begun] = await take(firstGets, 1);
  await first.settle([{ delivery: begun as Delivery, outcome: "ack" }]);
  const [owner] = await ownersOf(namespace);
  // It asks no more, so the second one takes all partitions over at once, and the first one is not told before it asks.
  const stalled = `mw:{${namespace}/orders}:group:billing:stalled`;
  await eventually("it counts as stalled", async () => (await server.command("SCARD", stalled)) === 1);
  const second = await subscribe(two);
  const secondGets = iterate(second);
  const taking = take(secondGets, 1);
  await eventually(
    "all partitions have moved",
    async () => !(await ownersOf(namespace)).includes(owner as string),
  );
  await one.publish("orders", [message({ id: "held", key: held })]);
  const [waiting] = await taking;
  await one.publish("orders", [message({ id: "later", key: held }), message({ id: "other", key: free })]);
  const [other] = await take(firstGets, 1);
  expect(other?.message.id).toBe("other");
  await second.settle([{ delivery: waiting as Delivery, outcome: "ack" }]);
  const [later] = await take(firstGets, 1);
  expect(later?.message.id).toBe("later");
});

test("what was read comes, though another partition was lost at the same moment", async () => {
  const namespace = "lost-another";
  const options = { url: server.url, partitions: 4 };
  const broker = await openBroker(options, { namespace });
  // With less room than partitions, they are read one after the other.
  const got = ackAll(await subscribe(broker, { prefetch: 2 }));
  await broker.publish("orders", [message({ id: "before" })]);
  await eventually("the first arrives", () => got.length === 1);
  const last = `mw:{${namespace}/orders}:log:3`;
  const [[, group]] = (await server.command("XINFO", "GROUPS", last)) as [[string, string]];
  await server.command("XGROUP", "DESTROY", last, group);
  await broker.publish("orders", [message({ id: "after", key: keyOf(0, 4) })]);
  await eventually("the next arrives", () => got.length === 2);
  expect(got.map(({ message: { id }, attempt }) => [id, attempt])).toEqual([
    ["before", 1],
    ["after", 1],
  ]);
});

function keyOf(partition: number, partitions: number): string {
  for (let n = 0; ; n++) if (partitionOf(`key-${n}`, partitions) === partition) return `key-${n}`;
}

/** The members that own the partitions. */
async function ownersOf(namespace: string): Promise<string[]> {
  return (await server.command("HVALS", `mw:{${namespace}/orders}:group:billing:owner`)) as string[];
}
