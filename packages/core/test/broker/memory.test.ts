import { memoryBroker, memoryServer } from "@meshwright/core";
import { type Broker, type BrokerError, ConfigurationError } from "@meshwright/core/adapter";
import { describe, expect, it } from "vitest";
import { collect, connect, message, messages, Reader, requestOf, TestClock, turns } from "./support.js";

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "resolved",
    (error: BrokerError) => `${error.name} ${error.code}`,
  );
}

describe("the life of a connection", () => {
  it("refuses what it cannot do yet, or any more, with a code", async () => {
    const clock = new TestClock();
    const fresh = memoryBroker();
    expect(await codeOf(fresh.publish("c", []))).toBe("BrokerError BROKER_NOT_OPEN");
    expect(await codeOf(fresh.subscribe(requestOf({})))).toBe("BrokerError BROKER_NOT_OPEN");
    expect(await codeOf(collect(fresh.history({ channel: "c", from: "earliest" })))).toBe(
      "BrokerError BROKER_NOT_OPEN",
    );
    const { broker } = await connect(clock);
    const context = { namespace: "n", service: "s", clock, logger: console, report: () => undefined };
    await expect(broker.open(context)).rejects.toThrow(/each mesh/);
    const reader = await Reader.join(broker);
    await broker.close();
    await broker.close();
    expect(await codeOf(broker.open(context))).toBe("BrokerError BROKER_CLOSED");
    expect(await codeOf(broker.publish("c", []))).toBe("BrokerError BROKER_CLOSED");
    expect(await codeOf(reader.subscription.settle([]))).toBe("BrokerError BROKER_CLOSED");
    expect(await codeOf(broker.inspect())).toBe("BrokerError BROKER_CLOSED");
    expect(reader.ended).toBe(true);
  });

  it("refuses a server that is none, and a lease that is no duration", () => {
    const other = { restart: async () => undefined, cut: () => undefined, heal: () => undefined };
    expect(() => memoryBroker({ server: other })).toThrow(ConfigurationError);
    expect(() => memoryBroker({ leaseMs: -1 })).toThrow(/leaseMs/);
  });

  it("leaves no timer behind", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const reader = await Reader.join(broker);
    await broker.publish("c", [message("1"), message("2", "k", { deliverAt: clock.now() + 1_000 })]);
    await turns();
    await reader.retry("1", 5_000);
    expect(clock.timers).toBe(1);
    await broker.close();
    expect(clock.timers).toBe(0);
  });

  it("settles a publish under way when it closes, and ends a waiting iteration", async () => {
    const server = memoryServer();
    const clock = new TestClock();
    const { broker } = await connect(clock, { server });
    const reader = await Reader.join(broker);
    const published = broker.publish("c", messages(3));
    await Promise.all([broker.close(), published]);
    await turns();
    expect(reader.ended).toBe(true);
    const next = await connect(clock, { server });
    const again = await Reader.join(next.broker);
    await turns();
    expect(again.ids).toEqual(["0", "1", "2"]);
  });
});

describe("subscribing", () => {
  it("names the ordering that a group has", async () => {
    const { broker } = await connect(new TestClock());
    await Reader.join(broker);
    const other = broker.subscribe(requestOf({ ordering: "none" }));
    await expect(other).rejects.toMatchObject({ code: "BROKER_TOPOLOGY_MISMATCH", retryable: false });
    await expect(other).rejects.toThrow(/has ordering "key", asked for was "none"/);
  });

  it("refuses offsets that do not exist, and a prefetch below one", async () => {
    const { broker } = await connect(new TestClock());
    for (const offset of ["1", "-1", "x", "", "1e3"]) {
      expect(await codeOf(broker.subscribe(requestOf({ from: { offset } })))).toBe(
        "BrokerError BROKER_OFFSET_INVALID",
      );
    }
    expect(await codeOf(broker.subscribe(requestOf({ prefetch: 0 })))).toBe(
      "BrokerError BROKER_REQUEST_INVALID",
    );
  });

  it("starts at every position", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    await broker.publish("c", messages(2));
    await clock.advance(1_000);
    const time = clock.now();
    await broker.publish("c", [message("2"), message("3")]);
    const from = async (
      group: string,
      position: Parameters<typeof requestOf>[0]["from"],
    ): Promise<string[]> => {
      const reader = await Reader.join(broker, { group, ...(position && { from: position }) });
      await turns();
      return reader.ids;
    };
    expect(await from("latest", "latest")).toEqual([]);
    expect(await from("earliest", "earliest")).toEqual(["0", "1", "2", "3"]);
    expect(await from("time", { time })).toEqual(["2", "3"]);
    expect(await from("later", { time: time + 1 })).toEqual([]);
    expect(await from("offset", { offset: "3" })).toEqual(["3"]);
    expect(await from("end", { offset: "4" })).toEqual([]);
  });

  it("filters types by the last subscription's patterns", async () => {
    const { broker } = await connect(new TestClock());
    const reader = await Reader.join(broker, { types: ["a.*.v1", "b"] });
    const types = ["a.x.v1", "a.v1", "a.x.v2", "b", "bb", "a..v1", "a.b.v1.v1"];
    await broker.publish(
      "c",
      types.map((type) => message(type, type, { type })),
    );
    await turns();
    expect(reader.ids).toEqual(["a.x.v1", "b", "a..v1", "a.b.v1.v1"]);
    await reader.settle("ack");
    expect(await broker.inspect()).toMatchObject([{ lag: 0, inFlight: 0 }]);
  });

  it("never hands over in the caller's stack", async () => {
    const { broker } = await connect(new TestClock());
    const subscription = await broker.subscribe(requestOf({}));
    const iterator = subscription[Symbol.asyncIterator]();
    let arrived = false;
    const step = iterator.next().then((result) => {
      arrived = true;
      return result;
    });
    const published = broker.publish("c", messages(1));
    expect(arrived).toBe(false);
    await published;
    expect((await step).value).toHaveLength(1);
    expect(() => subscription[Symbol.asyncIterator]()).toThrow(/once/);
  });
});

describe("the event loop", () => {
  it("goes on while a publisher never pauses", async () => {
    const { broker } = await connect(new TestClock());
    let reached = false;
    setImmediate(() => {
      reached = true;
    });
    for (let round = 0; round < 1_000 && !reached; round++)
      await broker.publish("c", [message(String(round))]);
    expect(reached).toBe(true);
  });
});

describe("members", () => {
  it("share what is there, hold no more than prefetch, and give back on close", async () => {
    const { broker } = await connect(new TestClock());
    const one = await Reader.join(broker, { ordering: "none", prefetch: 3 });
    const two = await Reader.join(broker, { ordering: "none", prefetch: 3 });
    await broker.publish("c", messages(10));
    await turns();
    expect([one.ids.length, two.ids.length]).toEqual([3, 3]);
    await one.subscription.close();
    await turns();
    expect(one.ended).toBe(true);
    await two.settle("ack");
    await turns();
    expect(two.ids.every((id) => !id.includes("#"))).toBe(true);
    await two.settle("ack");
    await turns();
    await two.settle("ack");
    await turns();
    expect(two.batches.flat()).toHaveLength(10);
    expect(await broker.inspect()).toMatchObject([{ lag: 1, inFlight: 1 }]);
  });

  it("report settlements of what they no longer hold", async () => {
    const { broker, reports } = await connect(new TestClock());
    const reader = await Reader.join(broker);
    await broker.publish("c", messages(2));
    await turns();
    const [first, second] = reader.take([]);
    if (first === undefined || second === undefined) throw new Error("two were published");
    await reader.subscription.settle([{ delivery: first, outcome: "ack" }]);
    await reader.subscription.settle([
      { delivery: first, outcome: "ack" },
      { delivery: { ...second }, outcome: "ack" },
      { delivery: second, outcome: "ack" },
    ]);
    expect(reports).toEqual([{ kind: "stale-settlement", channel: "c", group: "g", count: 2 }]);
    expect(await broker.inspect()).toMatchObject([{ lag: 0 }]);
  });

  it("receive bytes of their own", async () => {
    const { broker } = await connect(new TestClock());
    const one = await Reader.join(broker, { group: "one" });
    const two = await Reader.join(broker, { group: "two" });
    const body = Uint8Array.of(1, 2, 3);
    const published = broker.publish("c", [message("1", "k", { body })]);
    body[0] = 9;
    await published;
    await turns();
    const bytes = one.held[0]?.message.body;
    if (typeof bytes !== "object") throw new Error("bytes were published");
    expect([...bytes]).toEqual([1, 2, 3]);
    bytes[1] = 9;
    expect(two.held[0]?.message.body).toEqual(Uint8Array.of(1, 2, 3));
    await one.retry("1", 0);
    await turns();
    expect(one.held[0]?.message.body).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe("delayed messages, history and dead letters", () => {
  it("shows a delayed message at its time, at its place then", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const reader = await Reader.join(broker);
    await broker.publish("c", [message("late", "k", { deliverAt: clock.now() + 500 }), message("now")]);
    await clock.advance(499);
    expect(reader.ids).toEqual(["now"]);
    await clock.advance(1);
    expect(reader.ids).toEqual(["now", "late"]);
  });

  it("reads history between positions, up to what was stored at the call", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    await broker.publish("c", messages(600));
    const all = broker.history({ channel: "c", from: "earliest" });
    await broker.publish("c", [message("after")]);
    expect(await collect(all)).toHaveLength(600);
    const part = await collect(
      broker.history({ channel: "c", from: { offset: "10" }, to: { offset: "12" } }),
    );
    expect(part).toEqual([
      { message: message("10"), offset: "10", storedAt: clock.now() },
      { message: message("11"), offset: "11", storedAt: clock.now() },
    ]);
    expect(await collect(broker.history({ channel: "none", from: "earliest" }))).toEqual([]);
  });

  it("shelves, lists, redrives in the order given and purges", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const reader = await Reader.join(broker);
    const other = await Reader.join(broker, { group: "other" });
    await broker.publish("c", messages(4));
    await turns();
    await reader.retry("0", 0, "1", "2", "3");
    await clock.advance(50);
    await reader.deadLetter("0", "1", "2", "3");
    const records = await collect(broker.deadLetters({ group: "g" }));
    expect(
      records.map((record) => [record.message.id, record.attempts, record.lastAt - record.firstAt]),
    ).toEqual([
      ["0", 2, 50],
      ["1", 1, 50],
      ["2", 1, 50],
      ["3", 1, 50],
    ]);
    expect(await broker.inspect()).toMatchObject([{ deadLetters: 4, lag: 0 }, { deadLetters: 0 }]);
    const [zero = "", one = "", two = "", three = ""] = records.map((record) => record.id);
    expect(await broker.redrive({ group: "other", ids: [zero] })).toBe(0);
    expect(await broker.redrive({ group: "g", ids: [two, "unknown", zero, zero] })).toBe(2);
    await turns();
    expect(reader.ids).toEqual(["2", "0"]);
    expect(other.ids).toHaveLength(4);
    expect(await broker.inspect()).toMatchObject([{ deadLetters: 2, lag: 2, inFlight: 2 }, {}]);
    await reader.retry("2", 0, "0");
    await turns();
    expect(reader.ids).toEqual(["2#2", "0"]);
    await reader.settle("ack");
    expect(await broker.purge({ group: "g", ids: [one, three] })).toBe(2);
    expect(await broker.inspect()).toMatchObject([
      { deadLetters: 0, lag: 0, oldestUnsettledAt: undefined },
      {},
    ]);
  });

  it("keeps namespaces, channels and groups apart", async () => {
    const server = memoryServer();
    const clock = new TestClock();
    const one = await connect(clock, { server }, "a");
    const two = await connect(clock, { server }, "a/b");
    const readers = await Promise.all([
      Reader.join(one.broker, { channel: "b/c" }),
      Reader.join(two.broker, { channel: "c" }),
    ]);
    await one.broker.publish("b/c", messages(1));
    await turns();
    expect(readers.map((reader) => reader.ids.length)).toEqual([1, 0]);
    const broker: Broker = two.broker;
    expect(broker.capabilities.inspection && (await two.broker.inspect())).toHaveLength(1);
  });
});
