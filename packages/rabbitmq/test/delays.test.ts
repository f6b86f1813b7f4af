/** Delayed retries of a group without order wait in queues of their own, which one member reads. */
import type { Delivery, Settlement, Subscription } from "@meshwright/core/adapter";
import { eventually, rabbitmqServer } from "@meshwright/testing";
import { afterAll, expect, test } from "vitest";
import { message, openBroker, subscribe } from "./support.js";

const server = await rabbitmqServer();
const { url } = server;
afterAll(() => server.close());

const failure = { reason: "failed", code: "TEST", message: "it failed" } as const;
const many = (count: number) => Array.from({ length: count }, (_, index) => message({ key: `key-${index}` }));

/** What came, attempt by attempt, and how many retries are stored. */
interface Seen {
  readonly attempts: Map<string, number[]>;
  stored: number;
}

/** Each first attempt comes again after a while, the second is the last. */
function retryOnce(subscription: Subscription, delayMs: (index: number) => number): Seen {
  const seen: Seen = { attempts: new Map(), stored: 0 };
  const settlementOf = (delivery: Delivery): Settlement => {
    const { message: one, attempt } = delivery;
    seen.attempts.set(one.id, [...(seen.attempts.get(one.id) ?? []), attempt]);
    if (attempt > 1) return { delivery, outcome: "ack" };
    return { delivery, outcome: "retry", delayMs: delayMs(seen.attempts.size), failure };
  };
  void (async () => {
    for await (const batch of subscription) {
      const settlements = batch.map(settlementOf);
      await subscription.settle(settlements).catch(() => undefined);
      seen.stored += settlements.filter(({ outcome }) => outcome === "retry").length;
    }
  })();
  return seen;
}

const timesOf = ({ attempts }: Seen, id: string): readonly number[] => attempts.get(id) ?? [];

test("they outlive a server that is killed: each comes once, as the second attempt, whether due before or after", async () => {
  const broker = await openBroker({ url }, { namespace: "delays-killed" });
  // Some are due while there is no server.
  const seen = retryOnce(await subscribe(broker, { ordering: "none" }), (index) =>
    index % 2 === 0 ? 1_500 : 10_000,
  );
  const sent = many(100);
  await broker.publish("orders", sent);
  await eventually("all wait", () => seen.stored === sent.length);
  // A server that dies within seconds of making a queue may not know it any more.
  await server.ctl("eval", "[dets:sync(Table) || Table <- dets:all()].");
  await server.kill();
  await server.start();
  await eventually("all come again", () => sent.every(({ id }) => timesOf(seen, id).length > 1), {
    deadlineMs: 30_000,
  });
  expect(sent.map(({ id }) => timesOf(seen, id))).toEqual(sent.map(() => [1, 2]));
}, 90_000);

test("when the member that moves them leaves amid that, another goes on: each comes once", async () => {
  const namespace = "delays-left";
  const [one, other] = [await openBroker({ url }, { namespace }), await openBroker({ url }, { namespace })];
  // The first to read the queue of delays is the one that moves them.
  const leaving = await subscribe(one, { ordering: "none", prefetch: 1 });
  const few = retryOnce(leaving, () => 0);
  await eventually("it reads them", async () => {
    const lines = await server.ctl("list_consumers", "queue_name", "--silent");
    return lines.includes(`mw.${namespace}.orders.billing:delay.short`);
  });
  const staying = await subscribe(other, { ordering: "none", prefetch: 100 });
  const most = retryOnce(staying, (index) => index * 2);
  const times = (id: string): number[] => [...timesOf(few, id), ...timesOf(most, id)].sort();
  const sent = many(1_000);
  await other.publish("orders", sent);
  await eventually("some have come again", () => sent.some(({ id }) => timesOf(most, id).length > 1));
  await leaving.close();
  await eventually("all come again", () => sent.every(({ id }) => times(id).length > 1));
  // It goes the same way, behind whatever comes twice.
  const [last] = many(1) as [(typeof sent)[0]];
  await other.publish("orders", [last]);
  await eventually("nothing is on its way", () => times(last.id).length > 1);
  expect(sent.map(({ id }) => times(id))).toEqual(sent.map(() => [1, 2]));
}, 60_000);

test("those of more than a minute are not in the way of others", async () => {
  const broker = await openBroker({ url }, { namespace: "delays-long" });
  const subscription = await subscribe(broker, { ordering: "none" });
  const seen = retryOnce(subscription, (index) => (index === 1 ? 3_600_000 : 20));
  const all = many(10);
  await broker.publish("orders", all);
  await eventually("the others come again", () =>
    all.slice(1).every(({ id }) => timesOf(seen, id).length > 1),
  );
  await subscription.close();
  await eventually("one waits", async () =>
    (await server.ctl("list_queues", "name", "messages", "--silent")).includes("billing:delay.long\t1"),
  );
}, 30_000);
