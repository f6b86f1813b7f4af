/** A group that starts in the past, whose maker is killed while it makes it: another one does, as if nothing had been. */
import type { Delivery } from "@meshwright/core/adapter";
import { eventually, forkBroker, rabbitmqServer } from "@meshwright/testing";
import { connect } from "amqplib";
import { afterAll, expect, test } from "vitest";
import { groupName } from "../src/names.js";
import { firstName, mainName, queueName, readyExchange, stageName } from "../src/topology.js";
import { ackAll, contextOf, ids, message, openBroker, subscribe } from "./support.js";

const partitions = 3;
const server = await rabbitmqServer({ shared: true });
const { url } = server;
afterAll(() => server.close());
const connection = await connect(url);
afterAll(() => connection.close());

/** How much is in a queue; undefined when there is none. */
async function countOf(queue: string): Promise<number | undefined> {
  const channel = await connection.createChannel();
  channel.on("error", () => undefined);
  try {
    return (await channel.checkQueue(queue)).messageCount;
  } catch {
    return undefined;
  } finally {
    await channel.close().catch(() => undefined);
  }
}

async function countOfAll(queues: readonly string[]): Promise<number> {
  return (await Promise.all(queues.map(countOf))).reduce<number>((sum, count = 0) => sum + count, 0);
}

async function isReady(group: string): Promise<boolean> {
  const channel = await connection.createChannel();
  channel.on("error", () => undefined);
  return channel.checkExchange(readyExchange(group).name).then(
    () => channel.close().then(() => true),
    () => false,
  );
}

const each = (nameOf: (group: string, partition: number) => string, group: string): string[] =>
  Array.from({ length: partitions }, (_, partition) => nameOf(group, partition));

/**
 * Two publishers, each with keys of its own, until they are told to stop. They go on when a group has read what they published:
 * as fast as they can, they would only show how long a backlog takes.
 */
async function startLoad(namespace: string): Promise<{ readonly sent: string[]; stop(): Promise<void> }> {
  const sent: string[] = [];
  let running = true;
  const reader = await openBroker({ url }, { namespace });
  const read = ackAll(await subscribe(reader, { group: "reader", ordering: "none" }));
  const publishers = [await openBroker({ url }, { namespace }), await openBroker({ url }, { namespace })];
  const done = publishers.map(async (publisher, which) => {
    while (running) {
      const batch = Array.from({ length: 40 }, (_, index) => message({ key: `key-${which}-${index % 10}` }));
      sent.push(...batch.map(({ id }) => id));
      await publisher.publish("orders", batch);
      await eventually("it is read", () => !running || read.length >= sent.length - 80);
    }
  });
  return {
    sent,
    async stop() {
      running = false;
      await Promise.all(done);
    },
  };
}

function expectOrder(got: readonly Delivery[], sent: readonly string[]): void {
  const places = new Map(sent.map((id, index) => [id, index]));
  const last = new Map<string, number>();
  for (const { message: one } of got) {
    const place = places.get(one.id) ?? -1;
    expect(place, one.id).toBeGreaterThan(last.get(one.key) ?? -1);
    last.set(one.key, place);
  }
}

const moments = [
  // What is published begins to wait at the stage.
  {
    moment: "begins",
    ordering: "key",
    come: async (group: string) => (await countOf(stageName(group))) !== undefined,
  },
  {
    moment: "copies",
    ordering: "key",
    come: async (group: string) => (await countOfAll(each(firstName, group))) > 1_000,
  },
  // What is published begins to come to the group's queues.
  {
    moment: "switches",
    ordering: "key",
    come: async (group: string) => (await countOfAll(each(mainName, group))) > 0,
  },
  {
    moment: "copies",
    ordering: "none",
    come: async (group: string) => ((await countOf(queueName(group))) ?? 0) > 1_000,
  },
] as const;

test.each(moments)(
  "the maker is killed when it $moment: the next one makes the group, each event comes once and in order: ordering $ordering",
  async ({ moment, ordering, come }) => {
    const namespace = `makers-${ordering}-${moment}`;
    const group = groupName(namespace, "orders", "billing");
    const load = await startLoad(namespace);
    await eventually("there is history", () => load.sent.length > 8_000, { deadlineMs: 30_000 });
    const options = { url, lease: 2_000, timeout: 2_000, partitions, order: true };
    await using maker = await forkBroker({ module: new URL("./forked-broker.ts", import.meta.url), options });
    await maker.open(contextOf({ namespace }));
    const made = subscribe(maker, { ordering, from: "earliest" }).then(
      () => "made",
      () => "killed",
    );
    await eventually("it has begun", async () => (await countOf(stageName(group))) !== undefined);
    const heir = await openBroker({ url }, { namespace });
    // It waits for its turn.
    const joining = subscribe(heir, { ordering, from: "earliest" });
    await eventually("the moment has come", () => come(group));
    await maker.kill();
    expect(await made).toBe("killed");
    expect(await isReady(group)).toBe(false);
    const got = ackAll(await joining);
    await load.stop();
    await eventually("all arrive", () => new Set(ids(got)).size === load.sent.length, { deadlineMs: 30_000 });
    expect(got.length).toBe(load.sent.length);
    expect(got.every(({ attempt }) => attempt === 1)).toBe(true);
    if (ordering === "key") expectOrder(got, load.sent);
  },
  90_000,
);
