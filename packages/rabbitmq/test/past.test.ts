import { type Delivery, partitionOf } from "@meshwright/core/adapter";
import { eventually, rabbitmqServer } from "@meshwright/testing";
import { afterAll, expect, test } from "vitest";
import { channelName } from "../src/names.js";
import { offsetMaker } from "../src/offsets.js";
import { bodyOf, propertiesOf } from "../src/wire.js";
import { ackAll, ids, message, openBroker, rawChannel, subscribe } from "./support.js";

const server = await rabbitmqServer({ shared: true });
const { url } = server;
afterAll(() => server.close());
const raw = await rawChannel(url);

test.each(["key", "none"] as const)(
  "groups from the past that are made under load get each message once, each key in order: ordering %s",
  async (ordering) => {
    const namespace = `past-load-${ordering}`;
    const publishers = [await openBroker({ url }, { namespace }), await openBroker({ url }, { namespace })];
    const sent: string[] = [];
    const groups: Delivery[][] = [];
    // As fast as it can, the load would only show how long a backlog takes: it goes on when this group has read it.
    const reader = await openBroker({ url }, { namespace });
    const read = ackAll(await subscribe(reader, { group: "reader", ordering: "none" }));
    let published = 0;
    let running = true;
    const load = publishers.map(async (publisher, which) => {
      for (let round = 0; running; round++) {
        const size = [1, 7, 40, 300][round % 4] ?? 1;
        const batch = Array.from({ length: size }, (_, index) =>
          message({ key: `key-${which}-${index % 20}`, type: index % 3 === 0 ? "left.v1" : "test.v1" }),
        );
        sent.push(...batch.flatMap(({ id, type }) => (type === "test.v1" ? [id] : [])));
        await publisher.publish("orders", batch);
        published += size;
        await eventually("what was published is read", () => read.length >= published);
      }
    });
    await eventually("there is history", () => sent.length > 1_000);
    await Promise.all(
      ["a", "b", "c"].map(async (group) => {
        const broker = await openBroker({ url }, { namespace });
        const types = ["test.*"];
        groups.push(ackAll(await subscribe(broker, { group, ordering, from: "earliest", types })));
      }),
    );
    const then = sent.length;
    await eventually("the load goes on", () => sent.length > then + 2_000);
    running = false;
    await Promise.all(load);
    const place = new Map(sent.map((id, index) => [id, index]));
    for (const got of groups) {
      await eventually("all arrive", () => new Set(ids(got)).size >= sent.length);
      expect(got.length).toBe(sent.length);
      if (ordering === "none") continue;
      for (const key of new Set(got.map((one) => one.message.key))) {
        const places = got.filter((one) => one.message.key === key).map((one) => place.get(one.message.id));
        expect(places).toEqual([...places].sort((one = 0, other = 0) => one - other));
      }
    }
  },
);

test("what others published is in the log once, and comes to a group from the past with what is ours", async () => {
  const namespace = "past-foreign";
  const broker = await openBroker({ url }, { namespace });
  const sent = [message(), message()];
  await broker.publish("orders", sent);
  raw.publish(channelName(namespace, "orders"), "1.what", Buffer.from("{}"), {
    messageId: "theirs",
    contentType: "application/cloudevents+json",
  });
  await raw.waitForConfirms();
  const all = [...sent.map(({ id }) => id), "theirs"];
  const seen: string[] = [];
  for await (const batch of broker.history({ channel: "orders", from: "earliest" })) {
    seen.push(...batch.map((entry) => entry.message.id));
  }
  expect(seen).toEqual(all);
  const got = ackAll(await subscribe(broker, { from: "earliest" }));
  await expect.poll(() => ids(got).sort()).toEqual(all.sort());
});

test("a group that was made from the past has no inlets any more", async () => {
  const namespace = "past-inlets";
  const broker = await openBroker({ url }, { namespace });
  await broker.publish("orders", [message()]);
  const got = ackAll(await subscribe(broker, { from: "earliest" }));
  await expect.poll(() => got.length).toBe(1);
  const left = (await server.ctl("list_exchanges", "name", "--silent")).split("\n");
  expect(left.filter((name) => name.startsWith(`mw.${namespace}`) && /:(in\.|stage)/.test(name))).toEqual([]);
  await broker.publish("orders", [message()]);
  await expect.poll(() => got.length).toBe(2);
});

test.each(["key", "none"] as const)(
  "what is in the log and still on its way to the groups comes to a new one once: ordering %s",
  async (ordering) => {
    const namespace = `past-late-${ordering}`;
    const broker = await openBroker({ url }, { namespace });
    await broker.publish("orders", [message()]);
    const name = channelName(namespace, "orders");
    const nextOffset = offsetMaker(Date.now);
    const sent: string[] = [];
    const onTheirWay: (() => void)[] = [];
    let running = true;
    const slowPublisher = (async () => {
      while (running) {
        const one = message({ key: `key-${sent.length % 7}` });
        const partition = partitionOf(one.key, 3);
        const properties = propertiesOf(one, nextOffset());
        raw.publish("", `${name}:log`, bodyOf(one), properties);
        onTheirWay.push(() =>
          raw.publish(`${name}:${partition}`, `${partition}.${one.type}`, bodyOf(one), properties),
        );
        if (onTheirWay.length > 20) onTheirWay.shift()?.();
        await raw.waitForConfirms();
        sent.push(one.id);
      }
      for (const route of onTheirWay) route();
      await raw.waitForConfirms();
    })();
    await eventually("there is history", () => sent.length > 30);
    const got = ackAll(await subscribe(broker, { ordering, from: "earliest" }));
    const then = sent.length;
    await eventually("it goes on", () => sent.length > then + 50);
    running = false;
    await slowPublisher;
    // Behind everything else in every partition: what comes twice has come by then.
    const last = Array.from({ length: 7 }, (_, index) => message({ key: `key-${index}` }));
    await broker.publish("orders", last);
    const all = [...sent, ...last.map(({ id }) => id)];
    await eventually("all arrive", () => all.every((id) => ids(got).includes(id)));
    expect(got.length).toBe(all.length + 1);
  },
);
