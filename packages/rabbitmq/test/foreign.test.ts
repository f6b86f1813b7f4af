import { rabbitmqServer } from "@meshwright/testing";
import type { Message } from "amqplib";
import { afterAll, expect, test } from "vitest";
import { channelName } from "../src/names.js";
import { ackAll, message, openBroker, rawChannel, subscribe } from "./support.js";

const server = await rabbitmqServer({ shared: true });
const url = server.url;
afterAll(() => server.close());
const raw = await rawChannel(url);

test("a binary CloudEvent, as Knative writes it, arrives with its id, type and key", async () => {
  const namespace = "foreign-binary";
  const broker = await openBroker({ url }, { namespace });
  const got = ackAll(await subscribe(broker));
  const headers = {
    "ce-specversion": "1.0",
    "ce-id": "e-1",
    "ce-type": "com.example.built",
    "ce-source": "/builds",
    "ce-subject": "build-7",
  };
  raw.publish(channelName(namespace, "orders"), "0.com.example.built", Buffer.from('{"ok":true}'), {
    contentType: "application/json",
    headers,
  });
  await raw.waitForConfirms();
  await expect.poll(() => got.length).toBe(1);
  expect(got[0]?.message).toMatchObject({
    id: "e-1",
    type: "com.example.built",
    key: "build-7",
    contentType: "application/json",
    headers,
  });
  expect(Buffer.from(got[0]?.message.body ?? "").toString()).toBe('{"ok":true}');
});

test("a structured CloudEvent arrives as it is", async () => {
  const namespace = "foreign-structured";
  const broker = await openBroker({ url }, { namespace });
  const got = ackAll(await subscribe(broker, { ordering: "none" }));
  raw.publish(channelName(namespace, "orders"), "0.", Buffer.from('{"id":"e-2"}'), {
    contentType: "application/cloudevents+json; charset=utf-8",
    messageId: "e-2",
  });
  await raw.waitForConfirms();
  await expect.poll(() => got.map((one) => one.message.id)).toEqual(["e-2"]);
});

test("what is no message is a dead letter of each group, and what follows arrives", async () => {
  const namespace = "foreign-rubbish";
  const broker = await openBroker({ url }, { namespace });
  const ordered = ackAll(await subscribe(broker, { group: "ordered" }));
  const free = ackAll(await subscribe(broker, { group: "free", ordering: "none" }));
  raw.publish(channelName(namespace, "orders"), "0.what", Buffer.from([0xff, 0]), { headers: { odd: 1 } });
  await raw.waitForConfirms();
  await broker.publish("orders", [message()]);
  for (const [group, got] of [
    ["ordered", ordered],
    ["free", free],
  ] as const) {
    await expect.poll(() => got.length).toBe(1);
    const records: string[] = [];
    await expect
      .poll(async () => {
        for await (const batch of broker.deadLetters({ group })) {
          records.push(...batch.map((record) => record.failure.reason));
        }
        return records[0];
      })
      .toBe("undecodable");
  }
});

test("a foreign consumer finds the CloudEvents headers and the body as they were published", async () => {
  const namespace = "foreign-consumer";
  const broker = await openBroker({ url }, { namespace });
  await broker.publish("orders", [message()]);
  const { queue } = await raw.assertQueue("", { exclusive: true });
  for (let partition = 0; partition < 3; partition++) {
    await raw.bindQueue(queue, `${channelName(namespace, "orders")}:${partition}`, "");
  }
  const seen: Message[] = [];
  await raw.consume(queue, (one) => one && seen.push(one), { noAck: true });
  const headers = { "ce-id": "e-3", "ce-type": "com.example.x", "ce-source": "/s", "ce-specversion": "1.0" };
  const sent = message({ type: "com.example.x", contentType: "application/json", headers, body: "[1]" });
  await broker.publish("orders", [sent]);
  await expect.poll(() => seen.length).toBe(1);
  const [one] = seen;
  expect(one?.properties.headers).toMatchObject(headers);
  expect(one?.properties.contentType).toBe("application/json");
  expect(one?.content.toString()).toBe("[1]");
});
