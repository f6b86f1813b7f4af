import type { DeadLetterRecord, Delivery } from "@meshwright/core/adapter";
import { eventually, rabbitmqServer } from "@meshwright/testing";
import { afterAll, expect, test } from "vitest";
import { ackAll, ids, iterate, message, openBroker, subscribe, take } from "./support.js";

const server = await rabbitmqServer({ shared: true });
const { url } = server;
afterAll(() => server.close());

const failure = { reason: "failed", code: "TEST", message: "it failed" } as const;

async function shelf(broker: Awaited<ReturnType<typeof openBroker>>): Promise<DeadLetterRecord[]> {
  const found: DeadLetterRecord[] = [];
  for await (const records of broker.deadLetters({ group: "billing" })) found.push(...records);
  return found;
}

test("a group of two channels has one shelf; what is redriven goes back to its channel, as that is ordered", async () => {
  const broker = await openBroker({ url }, { namespace: "shelf-channels" });
  const channels = [
    ["orders", "key"],
    ["refunds", "none"],
  ] as const;
  for (const [channel, ordering] of channels) {
    const subscription = await subscribe(broker, { channel, ordering });
    await broker.publish(channel, [message({ id: `of-${channel}` })]);
    const [dead] = await take(iterate(subscription), 1);
    await subscription.settle([{ delivery: dead as Delivery, outcome: "deadLetter", failure }]);
    await subscription.close();
  }
  const records = await shelf(broker);
  expect(records.map((one) => [one.channel, one.message.id])).toEqual([
    ["orders", "of-orders"],
    ["refunds", "of-refunds"],
  ]);
  expect(await broker.redrive({ group: "billing", ids: records.map(({ id }) => id) })).toBe(2);
  expect(await shelf(broker)).toEqual([]);
  for (const [channel, ordering] of channels) {
    const got = ackAll(await subscribe(broker, { channel, ordering }));
    await eventually("it comes again", () => got.length === 1);
    expect(ids(got)).toEqual([`of-${channel}`]);
  }
});

test("a group that nobody has made has an empty shelf", async () => {
  const broker = await openBroker({ url }, { namespace: "shelf-empty" });
  expect(await shelf(broker)).toEqual([]);
  expect(await broker.purge({ group: "billing", ids: ["none"] })).toBe(0);
});
