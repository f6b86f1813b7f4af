import { type Delivery, partitionOf } from "@meshwright/core/adapter";
import { eventually, faultProxy, rabbitmqServer } from "@meshwright/testing";
import { type Channel, connect } from "amqplib";
import { afterAll, expect, onTestFinished, test, vi } from "vitest";
import { Feed } from "../src/feed.js";
import { entryNote, leavingNote, newId } from "../src/journal.js";
import { groupName } from "../src/names.js";
import type { Outgoing } from "../src/outgoing.js";
import { heldName, mainName } from "../src/topology.js";
import { ackAll, ids, iterate, message, openBroker, rawChannel, subscribe, take } from "./support.js";

const server = await rabbitmqServer({ shared: true });
const { url } = server;
afterAll(() => server.close());

const failure = { reason: "failed", code: "TEST", message: "it failed" } as const;

test("a rolling restart of four members under load: each message once, each key in order", async () => {
  const namespace = "members-rolling";
  const options = { url, partitions: 4 };
  const publisher = await openBroker(options, { namespace });
  const got: Delivery[] = [];
  const join = async (): Promise<{ close(): Promise<void> }> => {
    const broker = await openBroker(options, { namespace });
    ackAll(await subscribe(broker, { prefetch: 20 }), got);
    return broker;
  };
  let members = [await join(), await join(), await join(), await join()];
  const sent: string[] = [];
  let running = true;
  const load = (async () => {
    while (running) {
      const batch = Array.from({ length: 20 }, (_, index) => message({ key: `key-${index}` }));
      await publisher.publish("orders", batch);
      sent.push(...batch.map(({ id }) => id));
    }
  })();
  for (const member of members) {
    const seen = got.length;
    await eventually("the load goes on", () => got.length > seen + 100);
    const next = join();
    await member.close();
    members = [...members.slice(1), await next];
  }
  running = false;
  await load;
  await eventually("all arrive", () => new Set(ids(got)).size >= sent.length);
  expect(got.length).toBe(sent.length);
  expect(got.filter(({ attempt }) => attempt > 1)).toEqual([]);
  const place = new Map(sent.map((id, index) => [id, index]));
  for (const key of new Set(got.map((one) => one.message.key))) {
    const places = got.filter((one) => one.message.key === key).map((one) => place.get(one.message.id) ?? -1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
  }
});

test("members share the partitions", async () => {
  const namespace = "members-share";
  const options = { url, partitions: 4 };
  const publisher = await openBroker(options, { namespace });
  const first = ackAll(await subscribe(await openBroker(options, { namespace })));
  const second = ackAll(await subscribe(await openBroker(options, { namespace })));
  await eventually("both get some", async () => {
    await publisher.publish(
      "orders",
      Array.from({ length: 20 }, (_, index) => message({ key: `key-${index}` })),
    );
    return first.length > 0 && second.length > 0;
  });
});

test("a copy by a member that does not know that it leads no more is passed over; what is redriven is not", async () => {
  const namespace = "members-stray";
  const broker = await openBroker({ url, partitions: 1 }, { namespace });
  const got = ackAll(await subscribe(broker));
  await broker.publish("orders", [message()]);
  await eventually("it arrives", () => got.length === 1);
  const [first] = got as [Delivery];
  const queue = heldName(groupName(namespace, "orders", "billing"), 0);
  const raw = await rawChannel(url);
  const put = ({ body, properties }: Outgoing): boolean => raw.publish("", queue, body, properties);
  put(entryNote(queue, first, { attempt: 2 }, { id: newId(), seq: 1, replaces: first.offset }));
  const redriven = message();
  put(entryNote(queue, { message: redriven, offset: "1-redriven" }, { attempt: 1 }, { id: newId() }));
  await eventually("what is redriven arrives", () => ids(got).includes(redriven.id));
  expect(ids(got)).toEqual([first.message.id, redriven.id]);
});

test("a retry holds its key at once, also when something of another partition, which is just moving, is settled with it", async () => {
  const namespace = "members-mixed";
  const options = { url, partitions: 2 };
  const [moving, staying] = [0, 1].map((index) => keyOf(index, 2)) as [string, string];
  const publisher = await openBroker(options, { namespace });
  const one = await subscribe(await openBroker(options, { namespace }), { prefetch: 10 });
  const batches = one[Symbol.asyncIterator]();
  const next = async (): Promise<readonly Delivery[]> => (await batches.next()).value ?? [];
  const [first, second, third] = [
    message({ key: moving }),
    message({ key: staying }),
    message({ key: staying }),
  ];
  const beginning = next();
  await publisher.publish("orders", [first, second]);
  const held = [...(await beginning)];
  while (held.length < 2) held.push(...(await next()));
  const gate = holdUpHandovers();
  const asked = next();
  ackAll(await subscribe(await openBroker(options, { namespace }), { prefetch: 10 }));
  await gate.reached;
  const settlements = held.map((delivery) =>
    delivery.message.key === moving
      ? { delivery, outcome: "ack" as const }
      : { delivery, outcome: "retry" as const, delayMs: 0, failure },
  );
  const settled = one.settle(settlements);
  await publisher.publish("orders", [third]);
  const [again] = await asked;
  expect([again?.message.id, again?.attempt]).toEqual([second.id, 2]);
  gate.open();
  await settled;
});

test("what comes back of a leader that died while it was leaving is put in order, also for the next one", async () => {
  const namespace = "members-returned";
  const options = { url, partitions: 1 };
  const publisher = await openBroker(options, { namespace });
  await (await subscribe(publisher)).close();
  const name = groupName(namespace, "orders", "billing");
  const sent = [message(), message(), message(), message()];
  await publisher.publish("orders", sent.slice(0, 2));
  // It has two, and is cancelled; the third was on its way to it and goes back first.
  const leaving = await connect(url);
  const had = await leaving.createChannel();
  await had.prefetch(2);
  const cancelled = await consumed(had, mainName(name, 0), 2);
  await had.cancel(cancelled);
  await publisher.publish("orders", sent.slice(2, 3));
  const late = await leaving.createChannel();
  await consumed(late, mainName(name, 0), 1);
  const { body, properties } = leavingNote(heldName(name, 0), newId());
  (await rawChannel(url)).publish("", heldName(name, 0), body, properties);
  await late.close();
  await publisher.publish("orders", sent.slice(3));
  await leaving.close();
  for (const [round, attempt] of [2, 3].entries()) {
    await using proxy = await faultProxy({ target: { host: server.host, port: server.port } });
    const far = new URL(url);
    far.port = String(proxy.port);
    const broker = await openBroker({ partitions: 1, connect: () => connect(far.href) }, { namespace });
    const got = await take(iterate(await subscribe(broker)), 4);
    expect(ids(got), `round ${round}`).toEqual(sent.map(({ id }) => id));
    expect(got.slice(0, 3).map((one) => one.attempt)).toEqual([attempt, attempt, attempt]);
    proxy.cut();
  }
});

test("what was given back into the journal comes after what its leader still had of the key when it died", async () => {
  const namespace = "members-later";
  const sent = [message(), message(), message()];
  await using proxy = await faultProxy({ target: { host: server.host, port: server.port } });
  const far = new URL(url);
  far.port = String(proxy.port);
  const broker = await openBroker({ partitions: 1, connect: () => connect(far.href) }, { namespace });
  const dying = await subscribe(broker, { prefetch: 10 });
  await broker.publish("orders", sent);
  const [, ...later] = await take(iterate(dying), 3);
  for (const delivery of later.reverse()) await dying.settle([{ delivery, outcome: "release" }]);
  proxy.cut();
  const heir = await openBroker({ url, partitions: 1 }, { namespace });
  const got = await take(iterate(await subscribe(heir)), 3);
  expect(ids(got)).toEqual(sent.map(({ id }) => id));
  expect(got[0]?.attempt).toBe(2);
});

/** A key of a partition. */
function keyOf(partition: number, partitions: number): string {
  const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
  return keys.find((key) => partitionOf(key, partitions) === partition) as string;
}

/** The first consumer that is cancelled from now on is the main queue's; the second is the journal's, in the middle of a handover. */
function holdUpHandovers(): { readonly reached: Promise<void>; open(): void } {
  const { cancel } = Feed.prototype;
  const [reached, opened] = [deferred(), deferred()];
  let cancels = 0;
  const spy = vi.spyOn(Feed.prototype, "cancel").mockImplementation(async function (this: Feed, tag) {
    if (++cancels === 2) {
      reached.resolve();
      await opened.promise;
    }
    await cancel.call(this, tag);
  });
  onTestFinished(() => {
    opened.resolve();
    spy.mockRestore();
  });
  return { reached: reached.promise, open: opened.resolve };
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Takes so many from a queue, and returns the consumer's tag. */
async function consumed(channel: Channel, queue: string, count: number): Promise<string> {
  let got = 0;
  const { consumerTag } = await channel.consume(queue, () => {
    got += 1;
  });
  await eventually("it has them", () => got === count);
  return consumerTag;
}
