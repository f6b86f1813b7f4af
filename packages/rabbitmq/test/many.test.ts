/** More than the server gives a consumer that sets no limit: 2,000 messages of a quorum queue. */
import type { Delivery, Settlement } from "@meshwright/core/adapter";
import { eventually, rabbitmqServer } from "@meshwright/testing";
import { afterAll, expect, test } from "vitest";
import { ackAll, ids, iterate, message, openBroker, subscribe } from "./support.js";

const server = await rabbitmqServer({ shared: true });
const { url } = server;
afterAll(() => server.close());

const failure = { reason: "failed", code: "TEST", message: "it failed" } as const;

const retriedOnce =
  (delayMs: number) =>
  (delivery: Delivery): Settlement =>
    delivery.attempt === 1 ? { delivery, outcome: "retry", delayMs, failure } : { delivery, outcome: "ack" };

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => message({ key: `key-${index}`, body: "" }));

test.each([
  ["key", 3_000],
  // More than a member holds at a time.
  ["none", 12_000],
] as const)(
  "as many as there are may wait for a retry: ordering %s, %i",
  async (ordering, count) => {
    const broker = await openBroker({ url, partitions: 1 }, { namespace: `many-retries-${ordering}` });
    const subscription = await subscribe(broker, { ordering, prefetch: 500 });
    const sent = many(count);
    await broker.publish("orders", sent);
    const again: Delivery[] = [];
    for await (const batch of subscription) {
      again.push(...batch.filter(({ attempt }) => attempt === 2));
      await subscription.settle(batch.map(retriedOnce(2_000)));
      if (again.length >= sent.length) break;
    }
    expect(again.length).toBe(sent.length);
    expect(new Set(ids(again)).size).toBe(sent.length);
  },
  60_000,
);

test("no more wait for a retry than `parked` says, and what is being handled", async () => {
  const [parked, prefetch] = [100, 20];
  const broker = await openBroker({ url, partitions: 1, parked }, { namespace: "many-parked" });
  const subscription = await subscribe(broker, { prefetch });
  const sent = many(500);
  await broker.publish("orders", sent);
  const waiting = new Set<string>();
  let most = 0;
  let done = 0;
  for await (const batch of subscription) {
    for (const { message: one, attempt } of batch) {
      if (attempt === 1) waiting.add(one.id);
      else if (waiting.delete(one.id)) done += 1;
    }
    most = Math.max(most, waiting.size);
    await subscription.settle(batch.map(retriedOnce(500)));
    if (done === sent.length) break;
  }
  // What was handed out when the limit was reached may have to wait as well.
  expect(most).toBeGreaterThanOrEqual(parked);
  expect(most).toBeLessThanOrEqual(parked + 2 * prefetch);
}, 60_000);

test.each(["key", "none"] as const)(
  "all dead letters are listed and redriven: ordering %s",
  async (ordering) => {
    const broker = await openBroker({ url, partitions: 1 }, { namespace: `many-dead-${ordering}` });
    const subscription = await subscribe(broker, { ordering, prefetch: 500 });
    const sent = many(3_000);
    await broker.publish("orders", sent);
    const batches = iterate(subscription);
    for (let dead = 0; dead < sent.length; ) {
      const { value: batch } = await batches.next();
      await subscription.settle(
        (batch ?? []).map((delivery: Delivery) => ({ delivery, outcome: "deadLetter", failure })),
      );
      dead += batch?.length ?? 0;
    }
    await subscription.close();
    const listed = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const page of broker.deadLetters({ group: "billing" }))
        found.push(...page.map(({ id }) => id));
      return found;
    };
    const records = await listed();
    expect(new Set(records).size).toBe(sent.length);
    // What was shown has just been given back.
    for (let look = 0; look < 5; look++) expect((await listed()).length).toBe(sent.length);
    expect(await broker.redrive({ group: "billing", ids: records })).toBe(sent.length);
    const got = ackAll(await subscribe(broker, { ordering, prefetch: 500 }));
    await eventually("all come again", () => new Set(ids(got)).size === sent.length, { deadlineMs: 30_000 });
  },
  90_000,
);
