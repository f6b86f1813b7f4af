import { silentLogger, systemClock } from "@meshwright/core";
import type { BrokerContext, Delivery, Subscription } from "@meshwright/core/adapter";
import { describe, expect, test } from "vitest";
import { eventually, type ForkedBroker, forkBroker, spawnNode } from "../src/index.js";

const module = new URL("./programs/memory.ts", import.meta.url);

const context: BrokerContext = {
  namespace: "test",
  service: "test",
  clock: systemClock,
  logger: silentLogger,
  report: () => undefined,
};

const message = {
  id: "1",
  type: "t",
  key: "k",
  contentType: "x/y",
  headers: { "ce-time": "2026-11-23T13:57:41.123456Z" },
  body: Uint8Array.from([0, 255, 128]),
};

async function opened(options: object = {}): Promise<ForkedBroker> {
  const broker = await forkBroker({ module, options });
  await broker.open(context);
  return broker;
}

function join(broker: ForkedBroker): Promise<Subscription> {
  return broker.subscribe({ channel: "c", group: "g", ordering: "key", from: "earliest", prefetch: 10 });
}

async function nextBatch(subscription: Subscription): Promise<readonly Delivery[]> {
  const step = await subscription[Symbol.asyncIterator]().next();
  return step.value as readonly Delivery[];
}

async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

/** Whether the process is there; a killed one that nobody waited for counts as gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("forkBroker", () => {
  test("passes on the whole contract: manifest, messages, settlements, shelf, history, inspection", async () => {
    await using broker = await opened();
    expect(broker.name).toBe("memory");
    expect(broker.capabilities.keyOrder).toBe(true);
    await broker.publish("c", [message]);
    const subscription = await join(broker);
    const [first] = await nextBatch(subscription);
    expect(first?.message).toEqual(message);
    expect(first?.message.body).toBeInstanceOf(Uint8Array);
    const failure = { reason: "failed", code: "X", message: "m" } as const;
    await subscription.settle([{ delivery: first as Delivery, outcome: "deadLetter", failure }]);
    const records = await collect(broker.deadLetters({ group: "g" }));
    expect(records).toMatchObject([{ group: "g", failure, attempts: 1 }]);
    expect(await broker.redrive({ group: "g", ids: [records[0]?.id ?? ""] })).toBe(1);
    const [again] = await nextBatch(subscription);
    expect(again?.attempt).toBe(1);
    const history = await collect(broker.history({ channel: "c", from: "earliest" }));
    expect(history.map((entry) => entry.message.id)).toEqual(["1"]);
    expect(await broker.inspect()).toMatchObject([{ group: "g", inFlight: 1 }]);
    await subscription.close();
    await broker.close();
  });

  test("errors come back as what they were", async () => {
    await using broker = await forkBroker({ module });
    await expect(broker.publish("c", [message])).rejects.toMatchObject({
      name: "BrokerError",
      code: expect.any(String),
    });
  });

  test("a module that throws is reported with its message", async () => {
    await expect(forkBroker({ module, options: { fail: "no luck" } })).rejects.toThrow("no luck");
    const none = new URL("./programs/no-such-module.ts", import.meta.url);
    await expect(forkBroker({ module: none })).rejects.toThrow("no-such-module");
  });

  test("kill ends the process, and what was pending rejects", async () => {
    await using broker = await opened();
    const subscription = await join(broker);
    const pending = expect(nextBatch(subscription)).rejects.toMatchObject({ code: "FORK_ENDED" });
    await broker.kill();
    await pending;
    expect(isAlive(broker.pid)).toBe(false);
    await expect(broker.publish("c", [message])).rejects.toMatchObject({ code: "FORK_ENDED" });
    await broker.kill();
  });

  test("a stopped process answers nothing until it is resumed", async () => {
    await using broker = await opened();
    let answered = false;
    broker.stop();
    const publishing = broker.publish("c", [message]).then(() => {
      answered = true;
    });
    await using other = await opened();
    await other.publish("c", [message]);
    expect(answered).toBe(false);
    broker.resume();
    await publishing;
  });

  test("the child ends when its parent is killed", async () => {
    await using parent = spawnNode(new URL("./programs/orphan.ts", import.meta.url));
    const pid = Number((await parent.line("child")).split(" ")[1]);
    expect(isAlive(pid)).toBe(true);
    await parent.kill("SIGKILL");
    await eventually("the child ends", () => !isAlive(pid));
  });
});
