import type { Delivery, Subscription } from "@meshwright/core/adapter";
import type { Database } from "@meshwright/sqlite";
import { eventually } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { openHandle } from "./open-handle.js";
import { iterate, message, openBroker, subscribe, take, temporaryFile } from "./support.js";

interface Member {
  readonly subscription: Subscription;
  readonly iterator: AsyncIterator<readonly Delivery[]>;
}

async function member(path: string, prefetch: number): Promise<Member> {
  const subscription = await subscribe(await openBroker({ path }), { prefetch });
  return { subscription, iterator: iterate(subscription) };
}

const idsOf = (deliveries: readonly Delivery[]): string[] =>
  deliveries.map((delivery) => delivery.message.id);

async function ack({ subscription }: Member, deliveries: readonly Delivery[]): Promise<void> {
  await subscription.settle(deliveries.map((delivery) => ({ delivery, outcome: "ack" })));
}

function waitingRows(database: Database): number {
  const row = database.prepare("SELECT count(*) AS rows FROM mw_waiting").get() as { readonly rows: number };
  return row.rows;
}

/** A file whose one member holds the first message of each key, and another has parked all that follow. */
async function parked(
  ids: readonly string[],
  keys: number,
): Promise<{ path: string; holder: Member; rival: Member; first: Delivery[] }> {
  const path = temporaryFile();
  const publisher = await openBroker({ path });
  const holder = await member(path, keys);
  await publisher.publish(
    "orders",
    ids.map((id) => message({ id, key: id.slice(0, 1) })),
  );
  const first = await take(holder.iterator, keys);
  const rival = await member(path, 2);
  const handle = await openHandle(path);
  onTestFinished(() => handle.close());
  const looking = rival.iterator.next();
  await eventually("the rival parks what follows", () => waitingRows(handle) === ids.length - keys);
  return { path, holder, rival: { ...rival, iterator: continued(looking, rival.iterator) }, first };
}

/** An iterator whose first step is already under way. */
function continued(
  first: Promise<IteratorResult<readonly Delivery[]>>,
  rest: AsyncIterator<readonly Delivery[]>,
): AsyncIterator<readonly Delivery[]> {
  let used = false;
  return {
    next() {
      if (used) return rest.next();
      used = true;
      return first;
    },
  };
}

const failure = { reason: "failed", code: "TEST", message: "again" } as const;

test("what had become ready behind a message waits when that message has to be retried", async () => {
  const { holder, rival, first } = await parked(["a1", "a2", "a3", "a4"], 1);
  await rival.subscription.close();
  await ack(holder, first);
  const [second] = await take(holder.iterator, 1);
  if (!second) throw new Error("a2 was expected");
  await holder.subscription.settle([{ delivery: second, outcome: "retry", delayMs: 50, failure }]);
  const order: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const next = await take(holder.iterator, 1);
    order.push(...idsOf(next));
    await ack(holder, next);
  }
  expect(order).toEqual(["a2", "a3", "a4"]);
});

test("a member that comes upon a key in other hands leaves none of it ready", async () => {
  const { path, holder, rival, first } = await parked(
    ["a1", "b1", "a2", "a3", "a4", "b2", "b3", "a5", "a6"],
    2,
  );
  await rival.subscription.close();
  // Both keys become free: everything that follows is ready, and one member takes a2 alone.
  await ack(holder, first);
  await holder.subscription.close();
  const one = await member(path, 1);
  const [a2] = await take(one.iterator, 1);
  expect(a2?.message.id).toBe("a2");
  // The second member has room for two: it meets a3 and a4, which are blocked, and takes b2 and b3.
  const two = await member(path, 2);
  expect(idsOf(await take(two.iterator, 2))).toEqual(["b2", "b3"]);
  const order: string[] = [];
  for (
    let next = a2 ? [a2] : [];
    order.length < 5;
    next = order.length < 5 ? await take(one.iterator, 1) : []
  ) {
    order.push(...idsOf(next));
    await ack(one, next);
  }
  expect(order).toEqual(["a2", "a3", "a4", "a5", "a6"]);
});

test("a member whose lease was taken settles nothing, is told so, and goes on under a new identity", async () => {
  const path = temporaryFile();
  const broker = await openBroker({ path });
  const one = await subscribe(broker, { ordering: "none", group: "loose" });
  const iterator = iterate(one);
  await broker.publish("orders", [message({ id: "taken" })]);
  const held = await take(iterator, 1);
  const handle = await openHandle(path);
  handle.exec("UPDATE mw_members SET lease_until = 0");
  handle.close();
  const other = await openBroker({ path });
  const two = await subscribe(other, { ordering: "none", group: "loose" });
  const [again] = await take(iterate(two), 1);
  expect(again).toMatchObject({ attempt: 2, message: { id: "taken" } });
  await one.settle(held.map((delivery) => ({ delivery, outcome: "ack" })));
  expect(broker.reports).toContainEqual({
    kind: "stale-settlement",
    channel: "orders",
    group: "loose",
    count: 1,
  });
  await two.close();
  const [third] = await take(iterator, 1);
  expect(third).toMatchObject({ attempt: 2, message: { id: "taken" } });
});
