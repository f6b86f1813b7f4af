import { type MemoryRetention, memoryServer } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { type Connected, collect, connect, message, messages, Reader, TestClock, turns } from "./support.js";

async function kept({ broker }: Connected): Promise<string[]> {
  return (await collect(broker.history({ channel: "c", from: "earliest" }))).map((entry) => entry.message.id);
}

async function open(retention: MemoryRetention): Promise<Connected & { clock: TestClock }> {
  const clock = new TestClock();
  return { clock, ...(await connect(clock, { server: memoryServer({ retention }) })) };
}

describe("retention", () => {
  it("keeps the newest where no group is behind", async () => {
    const opened = await open({ maxMessages: 3 });
    await opened.broker.publish("c", messages(3_000));
    expect(await kept(opened)).toEqual(["2997", "2998", "2999"]);
    const reader = await Reader.join(opened.broker, { from: "earliest" });
    await turns();
    expect(reader.ids).toEqual(["2997", "2998", "2999"]);
  });

  it("keeps what a group has not settled, and drops it once it has, also out of order", async () => {
    const opened = await open({ maxMessages: 2 });
    const reader = await Reader.join(opened.broker, { prefetch: 5_000 });
    await opened.broker.publish("c", messages(3_000, String));
    await turns();
    expect(await kept(opened)).toHaveLength(3_000);
    expect(await opened.broker.inspect()).toMatchObject([
      { lag: 3_000, oldestUnsettledAt: opened.clock.now() },
    ]);
    await reader.settle("ack", ...Array.from({ length: 2_999 }, (_, index) => String(2_999 - index)));
    expect(await kept(opened)).toHaveLength(3_000);
    expect(await opened.broker.inspect()).toMatchObject([{ lag: 1 }]);
    await reader.settle("ack");
    expect(await kept(opened)).toEqual(["2998", "2999"]);
  });

  it("refuses a limit that is none", () => {
    for (const retention of [
      { maxMessages: -1 },
      { maxBytes: Number.NaN },
      { hardLimit: { maxMessages: -5 } },
    ]) {
      expect(() => memoryServer({ retention })).toThrow(/retention\./);
    }
  });

  it("goes by the length of bodies and by age too", async () => {
    const small = await open({ maxBytes: 10 });
    await small.broker.publish("c", [
      message("1", "k", { body: "12345" }),
      message("2", "k", { body: "123456" }),
    ]);
    expect(await kept(small)).toEqual(["2"]);
    const young = await open({ maxAgeMs: 1_000 });
    await young.broker.publish("c", messages(1));
    await young.clock.advance(600);
    await young.broker.publish("c", [message("1")]);
    await young.clock.advance(600);
    expect(await kept(young)).toEqual(["1"]);
  });

  it("beyond a hard limit removes the unread, says so, and counts right", async () => {
    const opened = await open({ hardLimit: { maxMessages: 10 } });
    const { broker, clock, reports } = opened;
    const reader = await Reader.join(broker, { prefetch: 4 });
    const idle = await Reader.join(broker, { group: "idle" });
    await idle.subscription.close();
    await broker.publish(
      "c",
      messages(8, (index) => (index < 5 ? "a" : String(index))),
    );
    await turns();
    expect(reader.ids).toEqual(["0", "1", "2", "3"]);
    await reader.retry("0", 1_000, "1", "2", "3");
    await turns();
    expect(reader.ids).toEqual(["5", "6", "7"]);
    // Now 0 waits for its retry, 1 to 3 came back, 4 is parked; 5 to 7 are held.
    const later = Array.from({ length: 10 }, (_, index) => message(`b${index}`, `b${index}`));
    await broker.publish("c", later);
    await turns();
    expect(reader.ids).toEqual(["5", "6", "7", "b0"]);
    expect(await kept(opened)).toHaveLength(10);
    expect(reports).toEqual([{ kind: "gap", channel: "c", group: "g", missed: 1 }]);
    expect(await broker.inspect()).toMatchObject([
      { group: "g", lag: 17, inFlight: 4, delayed: 1 },
      { group: "idle", lag: 10, inFlight: 0 },
    ]);
    await reader.settle("ack");
    await clock.advance(1_000);
    for (let round = 0; round < 10; round++) {
      await turns();
      await reader.settle("ack");
    }
    const handled = reader.batches.flat();
    expect(handled.filter((id) => id.endsWith("#2"))).toEqual(["0#2"]);
    expect(new Set(handled.map((id) => id.split("#")[0])).size).toBe(8 + 10 - 1);
    expect(await broker.inspect()).toMatchObject([{ lag: 0, oldestUnsettledAt: undefined }, {}]);
    await Reader.join(broker, { group: "idle" });
    await turns();
    expect(reports.at(-1)).toEqual({ kind: "gap", channel: "c", group: "idle", missed: 8 });
  });
});
