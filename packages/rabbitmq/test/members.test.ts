import type { Delivery } from "@meshwright/core/adapter";
import { eventually, rabbitmqServer } from "@meshwright/testing";
import { afterAll, expect, test } from "vitest";
import { entryNote, newId } from "../src/journal.js";
import { groupName } from "../src/names.js";
import type { Outgoing } from "../src/outgoing.js";
import { heldName } from "../src/topology.js";
import { ackAll, ids, message, openBroker, rawChannel, subscribe } from "./support.js";

const server = await rabbitmqServer({ shared: true });
const { url } = server;
afterAll(() => server.close());

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
