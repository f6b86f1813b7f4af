import { type Delivery, silentLogger, systemClock } from "@meshwright/core/adapter";
import { eventually, faultProxy, rabbitmqServer } from "@meshwright/testing";
import { connect } from "amqplib";
import { afterAll, expect, test } from "vitest";
import { Feed } from "../src/feed.js";
import { Link } from "../src/link.js";
import { settingsFrom } from "../src/options.js";
import { ackAll, ids, iterate, message, openBroker, subscribe, take, warningsOf } from "./support.js";

const server = await rabbitmqServer();
const { url } = server;
afterAll(() => server.close());

const failure = { reason: "failed", code: "TEST", message: "it failed" } as const;

test("an alarm holds publishes up, close does not wait for it, and it is logged; afterwards they go on", async () => {
  const namespace = "faults-alarm";
  const logger = warningsOf();
  const one = await openBroker({ url, confirmTimeout: 100 }, { namespace, logger });
  const two = await openBroker({ url }, { namespace });
  const got = ackAll(await subscribe(two));
  await server.ctl("set_vm_memory_high_watermark", "0.000001");
  const held = message();
  let state = "pending";
  // The first one makes the server tell of its alarm.
  const publish = one.publish("orders", [held]).then(() => {
    state = "resolved";
  });
  const stuck = two.publish("orders", [message()]).catch((error: { code: string }) => error.code);
  await eventually("the alarm is logged", () => logger.texts.some((text) => /alarm/.test(text)));
  expect(state).toBe("pending");
  await two.close();
  expect(["BROKER_CLOSED", "RABBITMQ_DISCONNECTED"]).toContain(await stuck);
  await server.ctl("set_vm_memory_high_watermark", "0.6");
  await publish;
  expect(got).toEqual([]);
  const after = ackAll(await subscribe(await openBroker({ url }, { namespace })));
  await eventually("it arrives", () => ids(after).includes(held.id));
});

test("a queue that confirms nothing makes publishing reject in time, and holds up other channels no longer than that", async () => {
  const namespace = "faults-silent";
  const broker = await openBroker({ url, confirmTimeout: 500, window: 10 }, { namespace });
  const got = ackAll(await subscribe(broker, { ordering: "none" }));
  const [first, stuck, next, other] = [message(), message(), message(), message()];
  await broker.publish("orders", [first]);
  await eventually("it reads", () => ids(got).includes(first.id));
  // As when a queue has lost its majority: its server is there, and does not answer.
  const queue = `'%2F_mw.${namespace}.orders.billing:queue'`;
  await server.ctl("eval", `sys:suspend(${queue}).`);
  const filling = Array.from({ length: 20 }, () => message());
  const waiting = [broker.publish("orders", [stuck]), broker.publish("orders", filling)];
  for (const one of await Promise.allSettled(waiting))
    expect(one).toMatchObject({ reason: { code: "RABBITMQ_UNCONFIRMED", retryable: true } });
  await broker.publish("another", [other]);
  await server.ctl("eval", `sys:resume(${queue}).`);
  await broker.publish("orders", [next]);
  await eventually("what follows arrives", () => ids(got).includes(next.id));
});

test("connections that an operator closes come back; what was confirmed arrives, in order", async () => {
  const namespace = "faults-closed";
  const publisher = await openBroker({ url }, { namespace });
  const consumer = await openBroker({ url }, { namespace });
  const got = ackAll(await subscribe(consumer));
  const sent: string[] = [];
  const send = async (): Promise<void> => {
    const one = message();
    await eventually("it is published", () =>
      publisher.publish("orders", [one]).then(
        () => true,
        () => false,
      ),
    );
    sent.push(one.id);
  };
  for (let index = 0; index < 10; index++) await send();
  await server.ctl("close_all_connections", "a test");
  for (let index = 0; index < 10; index++) await send();
  await eventually("all arrive", () => sent.every((id) => ids(got).includes(id)));
  expect(consumer.reports.map(({ kind }) => kind)).toContain("disconnected");
  const first = [...new Set(ids(got))].filter((id) => sent.includes(id));
  expect(first).toEqual(sent);
});

/** How long the server waits for a settlement. Newer ones do as the queue says, unless a policy says less; older ones know of neither. */
async function setPatience(ms: number): Promise<{ restore(): Promise<void> }> {
  const all = (timeout: number): Promise<string> =>
    server.ctl("eval", `application:set_env(rabbit, consumer_timeout, ${timeout}).`);
  const usual = 1_800_000;
  await all(ms);
  await server.ctl("eval", "application:set_env(rabbit, channel_tick_interval, 500).");
  const policy = ["impatient", ".*", JSON.stringify({ "consumer-timeout": ms }), "--apply-to", "queues"];
  const isKnown = await server.ctl("set_policy", ...policy).then(
    () => true,
    () => false,
  );
  return {
    async restore() {
      await all(usual);
      if (isKnown) await server.ctl("clear_policy", "impatient");
    },
  };
}

test.each(["key", "none"] as const)(
  "a server that loses patience with a slow handler takes its message away, which is a warning; the settlement is reported as stale: ordering %s",
  async (ordering) => {
    const namespace = `faults-impatient-${ordering}`;
    const logger = warningsOf();
    const patience = await setPatience(1_000);
    const broker = await openBroker({ url }, { namespace, logger });
    const subscription = await subscribe(broker, { prefetch: 1, ordering });
    const iterator = subscription[Symbol.asyncIterator]();
    await broker.publish("orders", [message()]);
    const [slow] = (await iterator.next()).value ?? [];
    const again = (await iterator.next()).value ?? [];
    await patience.restore();
    expect(again[0]?.message.id).toBe(slow?.message.id);
    expect(again[0]?.attempt).toBe(2);
    expect(logger.codes).toContain("RABBITMQ_CONSUMER_TIMEOUT");
    if (slow) await subscription.settle([{ delivery: slow, outcome: "retry", delayMs: 0, failure }]);
    expect(broker.reports).toContainEqual({
      kind: "stale-settlement",
      channel: "orders",
      group: "billing",
      count: 1,
    });
  },
);

test.each(["key", "none"] as const)(
  "queues that somebody deletes are made again, and the gap is reported: ordering %s",
  async (ordering) => {
    const namespace = `faults-deleted-${ordering}`;
    const broker = await openBroker({ url }, { namespace });
    const got = ackAll(await subscribe(broker, { ordering }));
    const first = message();
    await broker.publish("orders", [first]);
    await eventually("it arrives", () => ids(got).includes(first.id));
    const names = (await server.ctl("list_queues", "name", "--silent")).split("\n");
    for (const name of names.filter(
      (one) => /^mw\.[^:]*(\.billing:|:dead)/.test(one) && one.includes(`${namespace}`),
    ))
      if (!name.includes(":member.")) await server.ctl("delete_queue", name);
    await eventually("the gap is reported", () => broker.reports.some(({ kind }) => kind === "gap"));
    const second = message();
    await broker.publish("orders", [second]);
    await eventually("what follows arrives", () => ids(got).includes(second.id));
  },
);

test("an error names no password", async () => {
  const wrong = new URL(url);
  wrong.password = "a-secret";
  const opening = openBroker({ url: wrong.href });
  await expect(opening).rejects.toMatchObject({ code: "RABBITMQ_AUTH" });
  const error: unknown = await opening.catch((one: unknown) => one);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("a-secret");
  await expect(openBroker({ url: "amqp://127.0.0.1:1" })).rejects.toMatchObject({
    code: "RABBITMQ_DISCONNECTED",
  });
});

test("who closes a channel waits for no answer of a connection that is lost", async () => {
  await using proxy = await faultProxy({ target: { host: server.host, port: server.port } });
  const far = new URL(url);
  far.port = String(proxy.port);
  const settings = settingsFrom({ url: far.href, lease: 2_000, timeout: 2_000 });
  const link = new Link({ settings, name: "test", clock: systemClock, logger: silentLogger });
  await link.open();
  const feed = await Feed.open(link);
  proxy.blackHole();
  const closing = feed.close();
  proxy.cut();
  await closing;
  expect(feed.open).toBe(false);
  await link.close();
});

test.each(["retry", "release"] as const)(
  "a %s that could not be stored holds its key all the same, until it is",
  async (outcome) => {
    const namespace = `faults-unstored-${outcome}`;
    const target = { host: server.host, port: server.port };
    await using publishing = await faultProxy({ target });
    let connections = 0;
    const far = new URL(url);
    far.port = String(publishing.port);
    // The second one is to consume, and is not lost; all others are to publish.
    const connectTo = () => connect(connections++ === 1 ? url : far.href);
    const reader = await openBroker({ connect: connectTo, partitions: 1 }, { namespace });
    const publisher = await openBroker({ url, partitions: 1 }, { namespace });
    const subscription = await subscribe(reader, { prefetch: 10 });
    const batches = iterate(subscription);
    const sent = [message(), message(), message({ key: "another" })];
    await publisher.publish("orders", sent.slice(0, 1));
    const [held] = await take(batches, 1);
    publishing.cut();
    const again = { delivery: held as Delivery, outcome, delayMs: 0, failure } as const;
    await expect(subscription.settle([again])).rejects.toMatchObject({ code: "RABBITMQ_DISCONNECTED" });
    await publisher.publish("orders", sent.slice(1));
    expect(ids(await take(batches, 1))).toEqual([sent[2]?.id]);
    await publishing.heal();
    await eventually("it is stored", () =>
      subscription.settle([again]).then(
        () => true,
        () => false,
      ),
    );
    expect(ids(await take(batches, 2))).toEqual(sent.slice(0, 2).map(({ id }) => id));
  },
);
