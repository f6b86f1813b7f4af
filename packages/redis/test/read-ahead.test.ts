/** While a large batch is handled, the next one is on its way: it is held, and nobody has seen it. */
import type { Delivery, Failure, Settlement } from "@meshwright/core/adapter";
import type { RedisBroker } from "@meshwright/redis";
import { eventually, redisServer } from "@meshwright/testing";
import { expect, test } from "vitest";
import { ackAll, iterate, message, openBroker, subscribe, take } from "./support.js";

const server = await redisServer({ shared: true });
/** A partition gives as many at a time. */
const atOnce = 64;

async function inFlight(broker: RedisBroker): Promise<number> {
  return (await broker.inspect()).reduce((sum, group) => sum + group.inFlight, 0);
}

/** The first batch of a backlog of one key, with as many read behind it. */
async function twoBatches(namespace: string) {
  const broker = await openBroker({ url: server.url }, { namespace });
  const sent = Array.from({ length: atOnce * 3 }, (_, index) => message({ id: String(index) }));
  await broker.publish("orders", sent);
  const subscription = await subscribe(broker, { prefetch: 1_000 });
  const iterator = iterate(subscription);
  const { value: first } = (await iterator.next()) as { value: readonly Delivery[] };
  expect(first.length).toBe(atOnce);
  await eventually("as many again are held", async () => (await inFlight(broker)) === atOnce * 2);
  return { broker, subscription, iterator, first, sent };
}

function idsOf(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(({ message: { id } }) => id);
}

const failure: Failure = { reason: "failed", code: "TEST", message: "again" };

function retryOf(delivery: Delivery): Settlement {
  return { delivery, outcome: "retry", delayMs: 0, failure };
}

test("a retry comes before what was read ahead of its key", async () => {
  const { subscription, iterator, first, sent } = await twoBatches("ahead-order");
  await subscription.settle(
    first.map((delivery, index) => (index === 0 ? retryOf(delivery) : { delivery, outcome: "ack" })),
  );
  const got: Delivery[] = [];
  while (got.length < sent.length - atOnce + 1) {
    const { value } = (await iterator.next()) as { value: readonly Delivery[] };
    got.push(...value);
    await subscription.settle(value.map((delivery) => ({ delivery, outcome: "ack" })));
  }
  expect(idsOf(got)).toEqual(idsOf([first[0] as Delivery]).concat(sent.slice(atOnce).map(({ id }) => id)));
  expect(got.map(({ attempt }) => attempt)).toEqual([2, ...got.slice(1).map(() => 1)]);
});

test("what was read ahead goes to the others when the member leaves, and is no attempt", async () => {
  const { broker, subscription, first, sent } = await twoBatches("ahead-leaves");
  await subscription.settle(first.map((delivery) => ({ delivery, outcome: "ack" })));
  await subscription.close();
  const heir = ackAll(await subscribe(broker));
  await eventually("the rest arrives", () => heir.length === sent.length - atOnce);
  expect(idsOf(heir)).toEqual(sent.slice(atOnce).map(({ id }) => id));
  expect(heir.every(({ attempt }) => attempt === 1)).toBe(true);
});

test("what was read ahead is not handed out once the lease is lost", async () => {
  const { broker, iterator } = await twoBatches("ahead-lost");
  await server.command("FLUSHALL");
  await eventually("it has joined again", () => broker.reports.some(({ kind }) => kind === "gap"));
  const fresh = message({ id: "fresh" });
  await broker.publish("orders", [fresh]);
  expect(idsOf(await take(iterator, 1))).toEqual([fresh.id]);
});

test("a backlog does not keep a retry waiting", async () => {
  const broker = await openBroker({ url: server.url }, { namespace: "ahead-due" });
  const sent = Array.from({ length: 5_000 }, (_, index) =>
    message({ key: `key-${index % 97}`, id: String(index) }),
  );
  await broker.publish("orders", sent);
  const subscription = await subscribe(broker, { prefetch: 2_000 });
  const seen: Delivery[] = [];
  let failed: string | undefined;
  for await (const batch of subscription) {
    seen.push(...batch);
    await subscription.settle(
      batch.map((delivery): Settlement => {
        if (failed !== undefined) return { delivery, outcome: "ack" };
        failed = delivery.message.id;
        return retryOf(delivery);
      }),
    );
    if (seen.some(({ attempt }) => attempt === 2)) break;
  }
  expect(seen.find(({ attempt }) => attempt === 2)?.message.id).toBe(failed);
  expect(seen.length).toBeLessThan(sent.length / 2);
});
