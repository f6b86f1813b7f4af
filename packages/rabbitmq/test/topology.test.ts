import type { Delivery } from "@meshwright/core/adapter";
import { topology } from "@meshwright/rabbitmq";
import { rabbitmqServer } from "@meshwright/testing";
import { afterAll, describe, expect, test } from "vitest";
import { bindingKey, channelName, groupName, part, routingKey } from "../src/names.js";
import { ackAll, ids, iterate, message, openBroker, rawChannel, subscribe, take } from "./support.js";

const server = await rabbitmqServer({ shared: true });
const url = server.url;
afterAll(() => server.close());
const raw = await rawChannel(url);

describe("names", () => {
  test("any name fits, and different names stay different", () => {
    const odd = [
      "a",
      "A",
      "a.b",
      "a b",
      "a%2eb",
      "é",
      "e\u0301",
      "注文",
      "",
      "x".repeat(300),
      `${"x".repeat(300)}y`,
    ];
    const names = odd.flatMap((channel) => odd.map((group) => groupName("prod", channel, group)));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(Buffer.byteLength(`${name}:member.${"x".repeat(36)}`)).toBeLessThan(256);
    expect(part("orders-1_x")).toBe("orders-1_x");
  });

  test("a binding takes at least what its pattern stands for", () => {
    expect(bindingKey(1, "com.acme.scan.finished.v1")).toBe("1.com.acme.scan.finished.v1");
    expect(bindingKey(1, "com.acme.sc*")).toBe("1.com.acme.#");
    expect(bindingKey(1, "*.v1")).toBe("1.#");
    expect(bindingKey(0, "a.#.b")).toBe("0.a.#");
    expect(Buffer.byteLength(routingKey(0, "é".repeat(300)))).toBeLessThan(256);
  });
});

describe("topology", () => {
  test("is plain data: what an ordered group is made of", () => {
    const plan = topology(
      { url, partitions: 2 },
      { namespace: "prod", channel: "orders", group: "billing", ordering: "key" },
    );
    expect(plan.queues.map(({ name }) => name)).toEqual([
      "mw.prod.orders:log",
      "mw.prod.orders:later",
      "mw.prod:dead.billing",
      "mw.prod.orders.billing:main.0",
      "mw.prod.orders.billing:held.0",
      "mw.prod.orders.billing:main.1",
      "mw.prod.orders.billing:held.1",
    ]);
    expect(plan.bindings).toContainEqual({
      queue: "mw.prod.orders.billing:main.1",
      exchange: "mw.prod.orders:1",
      key: "",
    });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });

  test.each(["key", "none"] as const)(
    "no server drops what comes often or takes long: ordering %s",
    (ordering) => {
      const plan = topology({ url }, { namespace: "prod", channel: "orders", group: "billing", ordering });
      const quorum = plan.queues.filter((queue) => queue.arguments["x-queue-type"] === "quorum");
      expect(quorum.length).toBeGreaterThan(2);
      for (const queue of quorum) {
        const never = 2_147_483_647;
        expect(queue.arguments).toMatchObject({ "x-delivery-limit": never, "x-consumer-timeout": never });
      }
    },
  );

  test("types are bound to by their names, patterns by what they begin with", () => {
    const plan = topology(
      { url, partitions: 1 },
      {
        namespace: "prod",
        channel: "orders",
        group: "scan",
        types: ["com.acme.built.v1", "com.acme.scan.*"],
      },
    );
    const main = plan.bindings.filter(({ queue }) => queue === "mw.prod.orders.scan:main.0");
    expect(main.map(({ exchange, key }) => [exchange, key])).toEqual([
      ["mw.prod.orders:exact", "0.com.acme.built.v1"],
      ["mw.prod.orders:types", "0.com.acme.scan.#"],
    ]);
  });

  test("another number of partitions is refused, naming both", async () => {
    const namespace = "topology-partitions";
    const broker = await openBroker({ url }, { namespace });
    await broker.publish("orders", [message()]);
    const other = await openBroker({ url, partitions: 5 }, { namespace });
    await expect(other.publish("orders", [message()])).rejects.toMatchObject({
      code: "BROKER_TOPOLOGY_MISMATCH",
      message: expect.stringMatching(/has 3 partitions, asked for were 5/) as string,
    });
    await expect(subscribe(other)).rejects.toMatchObject({ code: "BROKER_TOPOLOGY_MISMATCH" });
  });

  test("a queue with other arguments is refused, naming it and the argument", async () => {
    const namespace = "topology-arguments";
    const name = `${groupName(namespace, "orders", "billing")}:main.1`;
    await raw.assertQueue(name, { arguments: { "x-queue-type": "quorum" } });
    const broker = await openBroker({ url }, { namespace });
    for (let round = 0; round < 2; round++)
      await expect(subscribe(broker)).rejects.toMatchObject({
        code: "BROKER_TOPOLOGY_MISMATCH",
        message: expect.stringMatching(/main\.1".*x-/) as string,
      });
  });

  test("with check nothing is made: what is missing is named, what is there is used", async () => {
    const namespace = "topology-check";
    const admin = await openBroker({ url }, { namespace });
    const user = await openBroker({ url, topology: "check" }, { namespace });
    await expect(user.publish("orders", [message()])).rejects.toMatchObject({ code: "RABBITMQ_MISSING" });
    await (await subscribe(admin)).close();
    const got = ackAll(await subscribe(user));
    const sent = message();
    await user.publish("orders", [sent]);
    await expect.poll(() => ids(got)).toEqual([sent.id]);
  });

  test.each(["key", "none"] as const)(
    "with check, what `topology` says and others make is all that it takes: ordering %s",
    async (ordering) => {
      const namespace = `topology-others-${ordering}`;
      const options = { url, partitions: 3 };
      const plan = topology(options, { namespace, channel: "orders", group: "billing", ordering });
      for (const { name, type, arguments: given } of plan.exchanges)
        await raw.assertExchange(name, type, { durable: true, arguments: given });
      for (const { name, arguments: given } of plan.queues)
        await raw.assertQueue(name, { durable: true, arguments: given });
      for (const { queue, to, exchange, key } of plan.bindings)
        await (to ? raw.bindExchange(queue, exchange, key) : raw.bindQueue(queue, exchange, key));
      const broker = await openBroker({ ...options, topology: "check" }, { namespace });
      const subscription = await subscribe(broker, { ordering });
      await broker.publish("orders", [message({ id: "dead" })]);
      const [dead] = await take(iterate(subscription), 1);
      const failure = { reason: "failed", code: "TEST", message: "it failed" } as const;
      await subscription.settle([{ delivery: dead as Delivery, outcome: "deadLetter", failure }]);
      const found: string[] = [];
      for await (const records of broker.deadLetters({ group: "billing" }))
        found.push(...records.map((record) => record.message.id));
      expect(found).toEqual(["dead"]);
    },
  );

  test("a log that somebody deleted is made again, and nothing is lost", async () => {
    const namespace = "topology-log";
    const broker = await openBroker({ url }, { namespace });
    await broker.publish("orders", [message()]);
    await raw.deleteQueue(`${channelName(namespace, "orders")}:log`);
    const got = ackAll(await subscribe(broker));
    await raw.deleteQueue(`${channelName(namespace, "orders")}:log`);
    const sent = [message(), message()];
    await broker.publish("orders", sent);
    const seen: string[] = [];
    for await (const batch of broker.history({ channel: "orders", from: "earliest" })) {
      seen.push(...batch.map((entry) => entry.message.id));
    }
    expect(seen).toEqual(sent.map(({ id }) => id));
    await expect.poll(() => ids(got)).toEqual(seen);
  });

  test("an exchange that somebody deleted rejects once, and is made again by the next call", async () => {
    const namespace = "topology-deleted";
    const broker = await openBroker({ url }, { namespace });
    await broker.publish("orders", [message()]);
    for (let partition = 0; partition < 3; partition++) {
      await raw.deleteExchange(`${channelName(namespace, "orders")}:${partition}`);
    }
    await expect(broker.publish("orders", [message()])).rejects.toMatchObject({
      code: "RABBITMQ_MISSING",
      retryable: true,
    });
    await broker.publish("orders", [message()]);
  });
});
