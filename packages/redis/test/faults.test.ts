import { inspect } from "node:util";
import type { Delivery } from "@meshwright/core/adapter";
import { eventually, type RedisServer, redisServer } from "@meshwright/testing";
import { Redis } from "ioredis";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { ackAll, iterate, message, openBroker, received, subscribe, take } from "./support.js";

const fast = { lease: 1_000, timeout: 1_000 } as const;
const server = await redisServer({ appendfsync: "no" });
afterAll(() => server.close());

test("FLUSHALL: groups are made anew, the gap is reported, and what is published then arrives", async () => {
  for (const ordering of ["key", "none"] as const) {
    const namespace = `flushed-${ordering}`;
    const broker = await openBroker({ url: server.url, ...fast }, { namespace });
    const got = ackAll(await subscribe(broker, { ordering }));
    await broker.publish("orders", [message({ id: "before" })]);
    await eventually("the first arrives", () => received(got, "before"));
    await server.command("FLUSHALL");
    await broker.publish("orders", [message({ id: "after" })]);
    await eventually("what came after arrives", () => received(got, "after"));
    const gaps = broker.reports.filter((report) => report.kind === "gap");
    expect(gaps).toEqual([{ kind: "gap", channel: "orders", group: "billing", missed: undefined }]);
    expect((await broker.inspect()).map(({ group }) => group)).toEqual(["billing"]);
  }
});

test("SCRIPT FLUSH: everything goes on", async () => {
  const broker = await openBroker({ url: server.url, ...fast }, { namespace: "scripts" });
  const got = ackAll(await subscribe(broker));
  for (const id of ["one", "two", "three"]) {
    await server.command("SCRIPT", "FLUSH");
    await broker.publish("orders", [message({ id })]);
    await eventually("it arrives", () => received(got, id));
  }
  expect(got.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
});

test("SCRIPT FLUSH: what is under way meanwhile stays in order, whoever else publishes", async () => {
  const namespace = "flushed-order";
  const one = await openBroker({ url: server.url }, { namespace, service: "one" });
  const other = await openBroker({ url: server.url }, { namespace, service: "other" });
  const ids: string[] = [];
  const calls: Promise<unknown>[] = [];
  for (let nr = 0; nr < 1_500; nr++) {
    const sent = message();
    ids.push(sent.id);
    calls.push(one.publish("orders", [sent]));
    if (nr % 3 === 0) calls.push(other.publish("orders", [message({ key: "other" })]));
    if (nr % 5 === 0) calls.push(server.command("SCRIPT", "FLUSH"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(calls);
  const stored: string[] = [];
  for await (const page of one.history({ channel: "orders", from: "earliest" }))
    stored.push(...page.flatMap(({ message: { id, key } }) => (key === "key" ? [id] : [])));
  expect(stored).toEqual(ids);
});

test("out of memory: publish rejects and says so, and works again when there is room", async () => {
  await using small = await redisServer({ appendfsync: "no" });
  const broker = await openBroker({ url: small.url, ...fast });
  const got = ackAll(await subscribe(broker));
  await broker.publish("orders", [message({ id: "before" })]);
  await eventually("the first arrives", () => received(got, "before"));
  await small.command("CONFIG", "SET", "maxmemory", "1mb");
  const refused = await broker
    .publish("orders", [message({ id: "refused", body: "a payload" })])
    .catch((error) => error);
  expect(refused).toMatchObject({ code: "REDIS_OUT_OF_MEMORY", retryable: true });
  expect(inspect(refused, { depth: 10 })).not.toContain("a payload");
  await small.command("CONFIG", "SET", "maxmemory", "0");
  await broker.publish("orders", [message({ id: "after" })]);
  await eventually("the next arrives", () => received(got, "after"));
  expect(received(got, "refused")).toBe(false);
});

test("a read-only replica is refused at open", async () => {
  await using replica = await redisServer({ config: [`replicaof 127.0.0.1 ${server.port}`] });
  const opening = openBroker({ url: replica.url, ...fast });
  await expect(opening).rejects.toMatchObject({ code: "REDIS_READONLY" });
});

test("a hung server: publish rejects in time, and everything goes on when it answers again", async () => {
  await using hung = await redisServer({ appendfsync: "no" });
  const broker = await openBroker({ url: hung.url, ...fast });
  const got = ackAll(await subscribe(broker));
  await broker.publish("orders", [message({ id: "before" })]);
  await eventually("the first arrives", () => received(got, "before"));
  hung.pause();
  const stuck = broker.publish("orders", [message()]);
  await expect(stuck).rejects.toMatchObject({ code: "REDIS_DISCONNECTED", retryable: true });
  await eventually("it is reported", () => broker.reports.some(({ kind }) => kind === "disconnected"));
  hung.resume();
  await broker.publish("orders", [message({ id: "after" })]);
  await eventually("the next arrives", () => received(got, "after"));
});

test("a wrong password is refused at open, and no password is in the error", async () => {
  await using secured = await redisServer({ password: "right" });
  const url = `redis://:wrong-secret@${secured.host}:${secured.port}`;
  const error = await openBroker({ url, ...fast }).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ code: "REDIS_AUTH" });
  expect(inspect(error, { depth: 10 })).not.toContain("wrong-secret");
});

test("a channel has one number of partitions, for publishers and subscribers", async () => {
  const broker = await openBroker({ url: server.url, partitions: 4, ...fast }, { namespace: "partitions" });
  await broker.publish("orders", [message()]);
  const other = await openBroker({ url: server.url, ...fast }, { namespace: "partitions" });
  for (const call of [() => subscribe(other), () => other.publish("orders", [message()])]) {
    await expect(call()).rejects.toMatchObject({
      code: "BROKER_TOPOLOGY_MISMATCH",
      message: expect.stringMatching(/has 4 partitions.* 8\b/),
    });
  }
});

test("a retry that could not be recorded holds its key until it is settled", async () => {
  await using proxy = await server.proxy();
  const namespace = "retry-lost";
  const far = await openBroker(
    { url: `redis://${proxy.host}:${proxy.port}`, ...fast, lease: 30_000 },
    { namespace },
  );
  const near = await openBroker({ url: server.url }, { namespace });
  const subscription = await subscribe(far, { prefetch: 16 });
  const iterator = iterate(subscription);
  await near.publish("orders", [message({ id: "first", key: "a" })]);
  const [first] = await take(iterator, 1);
  const failure = { reason: "failed", code: "TEST", message: "test" } as const;
  const retry = [{ delivery: first as Delivery, outcome: "retry" as const, delayMs: 0, failure }];
  await proxy.cut();
  await expect(subscription.settle(retry)).rejects.toMatchObject({ code: "REDIS_DISCONNECTED" });
  await proxy.heal();
  // Two rounds, so that it has compared with Redis what it holds in between.
  for (const round of [1, 2]) {
    await near.publish("orders", [
      message({ id: `later-${round}`, key: "a" }),
      message({ id: `other-${round}`, key: "b" }),
    ]);
    const [other] = await take(iterator, 1);
    expect(other?.message.id).toBe(`other-${round}`);
  }
  await subscription.settle(retry);
  const got = await take(iterator, 3);
  expect(got.map(({ message: { id }, attempt }) => [id, attempt])).toEqual([
    ["first", 2],
    ["later-1", 1],
    ["later-2", 1],
  ]);
}, 20_000);

test("a read that was cut off, and goes on in the server, takes nothing any more", async () => {
  await using own = await redisServer({ appendfsync: "no" });
  const broker = await openBroker({ url: own.url, partitions: 1, ...fast, lease: 30_000 });
  const got = ackAll(await subscribe(broker));
  await broker.publish("orders", [message({ id: "before" })]);
  await eventually("the first arrives", () => received(got, "before"));
  // As if the server had not noticed that a connection is gone.
  const log = "mw:{test/orders}:log:0";
  const [[, group]] = (await own.command("XINFO", "GROUPS", log)) as [[string, string]];
  const [[, member]] = (await own.command("XINFO", "CONSUMERS", log, group)) as [[string, string]];
  const ghost = new Redis(own.url);
  onTestFinished(() => ghost.disconnect());
  const read = ghost.xreadgroup("GROUP", group, member, "BLOCK", 0, "STREAMS", log, ">");
  const ended = read.then(String, String);
  // Again and again: what is cut off has to be a read, and not the moment between two.
  await eventually("the other read has been ended", async () => {
    await cutOff(own);
    return Promise.race([ended, undefined]);
  });
  expect(await ended).toContain("NOGROUP");
  await broker.publish("orders", [message({ id: "one" }), message({ id: "two" })]);
  await eventually("the next arrive", () => received(got, "two"));
  expect(got.map(({ message: { id }, attempt }) => [id, attempt])).toEqual([
    ["before", 1],
    ["one", 1],
    ["two", 1],
  ]);
});

/** Ends the connections of brokers. */
async function cutOff(own: RedisServer): Promise<void> {
  const clients = String(await own.command("CLIENT", "LIST")).split("\n");
  for (const client of clients.filter((line) => line.includes("name=meshwright"))) {
    await own.command("CLIENT", "KILL", "ID", /^id=(\d+)/.exec(client)?.[1] ?? "");
  }
}

test("what is published now and then is sent at once, however long Redis takes to answer", async () => {
  await using slow = await redisServer({ appendfsync: "no" });
  const broker = await openBroker({ url: slow.url }, { service: "now-and-then" });
  const body = "x".repeat(1_000);
  await broker.publish("orders", [message({ body })]);
  await slow.command("CLIENT", "PAUSE", "60000", "WRITE");
  const published: Promise<void>[] = [];
  for (let nr = 0; nr < 20; nr++) {
    published.push(broker.publish("orders", [message({ body })]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually("all of it is with Redis", async () => {
    const clients = String(await slow.command("CLIENT", "LIST")).split("\n");
    const waiting = clients.map((client) => Number(/ qbuf=(\d+)/.exec(client)?.[1] ?? 0));
    return Math.max(...waiting) > 18 * body.length;
  });
  await slow.command("CLIENT", "UNPAUSE");
  await Promise.all(published);
});
