import type { Delivery } from "@meshwright/core/adapter";
import { describe, expect, it } from "vitest";
import { connect, failure, message, messages, Reader, requestOf, TestClock, turns } from "./support.js";

describe("keys", () => {
  it("go to one member at a time; others pass", async () => {
    const { broker } = await connect(new TestClock());
    const one = await Reader.join(broker, { prefetch: 1 });
    await broker.publish(
      "c",
      messages(6, (index) => (index < 5 ? "hot" : "cold")),
    );
    await turns();
    const two = await Reader.join(broker);
    await turns();
    expect([one.ids, two.ids]).toEqual([["0"], ["5"]]);
    await one.settle("ack");
    await turns();
    expect([...one.ids, ...two.ids].sort()).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("wait for a retry, then go on in order with its failure and count", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const reader = await Reader.join(broker);
    await broker.publish(
      "c",
      messages(4, (index) => (index === 2 ? "other" : "k")),
    );
    await turns();
    await reader.settle("ack", "0");
    await reader.retry("1", 1_000, "3");
    await broker.publish("c", [message("4"), message("5", "other")]);
    await clock.advance(999);
    expect(reader.ids).toEqual(["2", "5"]);
    expect(await broker.inspect()).toMatchObject([{ lag: 5, inFlight: 2, delayed: 1 }]);
    await clock.advance(1);
    expect(reader.ids).toEqual(["2", "5", "1#2", "3", "4"]);
    expect(reader.held.map((delivery) => delivery.lastFailure)).toEqual([
      undefined,
      undefined,
      failure,
      undefined,
      undefined,
    ]);
  });

  it("fall due each at its time, whatever was asked for first", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const reader = await Reader.join(broker);
    await broker.publish("c", messages(5, String));
    await turns();
    for (const [id, delay] of [
      ["0", 500],
      ["1", 100],
      ["2", 900],
      ["3", 300],
      ["4", 100],
    ] as const) {
      await reader.retry(id, delay);
    }
    await clock.advance(99);
    expect(reader.ids).toEqual([]);
    await clock.advance(1);
    expect(reader.ids).toEqual(["1#2", "4#2"]);
    await clock.advance(400);
    expect(reader.ids).toEqual(["1#2", "4#2", "3#2", "0#2"]);
    await clock.advance(400);
    expect(reader.ids).toHaveLength(5);
  });

  it("wait for the longest of several retries", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const reader = await Reader.join(broker);
    await broker.publish("c", messages(3));
    await turns();
    await reader.retry("1", 100);
    await reader.retry("0", 500);
    await clock.advance(400);
    expect(reader.ids).toEqual(["2"]);
    await clock.advance(100);
    expect(reader.ids).toEqual(["2", "0#2", "1#2"]);
  });

  it("keep a later message back that was handed over but not looked at when a retry is asked for", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const subscription = await broker.subscribe(requestOf({}));
    const iterator = subscription[Symbol.asyncIterator]();
    await broker.publish("c", [message("0")]);
    const [first] = (await iterator.next()).value ?? [];
    if (first === undefined) throw new Error("one was published");
    const next = iterator.next();
    await broker.publish("c", [message("1"), message("2", "other")]);
    await turns();
    await subscription.settle([{ delivery: first, outcome: "retry", delayMs: 10, failure }]);
    const seen: readonly Delivery[] = (await next).value ?? [];
    expect(seen.map((delivery) => delivery.message.id)).toEqual(["2"]);
    const later = iterator.next();
    await clock.advance(10);
    const again: readonly Delivery[] = (await later).value ?? [];
    expect(again.map((delivery) => [delivery.message.id, delivery.attempt])).toEqual([
      ["0", 2],
      ["1", 1],
    ]);
  });

  it("are held back by a retry that could not be recorded", async () => {
    const clock = new TestClock();
    const { broker, reports } = await connect(clock);
    const reader = await Reader.join(broker);
    await broker.publish("c", messages(1));
    await turns();
    const [first] = reader.take([]);
    if (first === undefined) throw new Error("one was published");
    const retry = { delivery: first, outcome: "retry", delayMs: 0, failure } as const;
    broker.cut();
    await expect(reader.subscription.settle([retry])).rejects.toMatchObject({ retryable: true });
    broker.heal();
    await broker.publish("c", [message("1"), message("2", "other")]);
    await turns();
    expect(reader.ids).toEqual(["2"]);
    await reader.subscription.settle([retry]);
    await turns();
    expect(reader.ids).toEqual(["2", "0#2", "1"]);
    expect(reports.map((report) => report.kind)).toEqual(["disconnected", "connected"]);
  });

  it("that fail over and over cost the others nothing, whatever waits behind them", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const reader = await Reader.join(broker, { prefetch: 10 });
    await broker.publish("c", [message("hot", "hot")]);
    await turns();
    await reader.retry("hot", 1_000_000);
    // Milliseconds of processor time, which other processes on the machine do not add to.
    const elapsed = async (): Promise<number> => {
      const start = process.cpuUsage();
      for (let round = 0; round < 2_000; round++) {
        await broker.publish("c", [message(`cold${round}`, `cold${round}`)]);
        while (reader.held.length === 0) await turns(1);
        await reader.settle("ack");
      }
      return process.cpuUsage(start).user / 1_000;
    };
    await elapsed();
    const alone = await elapsed();
    const backlog = 100_000;
    await broker.publish(
      "c",
      messages(backlog, () => "hot"),
    );
    await turns();
    // A look at each that is parked would be 200 million looks: seconds.
    expect(await elapsed()).toBeLessThan(alone * 3 + 300);
    expect(await broker.inspect()).toMatchObject([{ lag: backlog + 1, inFlight: 0, delayed: 1 }]);
    await clock.advance(1_000_000);
    await broker.publish("c", [message("cold", "cold")]);
    await turns();
    expect(reader.ids.slice(0, 3)).toEqual(["hot#2", "0", "1"]);
    await reader.settle("ack");
    await turns();
    expect(reader.ids).toContain("cold");
  });

  it("do not matter where the ordering is none", async () => {
    const clock = new TestClock();
    const { broker } = await connect(clock);
    const one = await Reader.join(broker, { ordering: "none", prefetch: 2 });
    const two = await Reader.join(broker, { ordering: "none", prefetch: 2 });
    await broker.publish("c", messages(4));
    await turns();
    expect([one.ids.length, two.ids.length]).toEqual([2, 2]);
    await one.retry(one.held[0]?.message.id ?? "", 10);
    await broker.publish("c", [message("4")]);
    await turns();
    expect(one.ids).toContain("4");
    await one.settle("ack");
    await clock.advance(10);
    expect(one.ids).toEqual(["0#2"]);
  });
});
