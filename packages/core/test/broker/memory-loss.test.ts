import { memoryServer } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { collect, connect, message, messages, Reader, TestClock, turns } from "./support.js";

async function pair(): Promise<{
  clock: TestClock;
  server: ReturnType<typeof memoryServer>;
  one: Awaited<ReturnType<typeof connect>>;
  two: Awaited<ReturnType<typeof connect>>;
}> {
  const clock = new TestClock();
  const server = memoryServer();
  return {
    clock,
    server,
    one: await connect(clock, { server }),
    two: await connect(clock, { server, leaseMs: "2s" }),
  };
}

describe("a crash", () => {
  it("gives nothing back before the lease, and everything after it, counted and in order", async () => {
    const { clock, one, two } = await pair();
    const dead = await Reader.join(two.broker);
    await one.broker.publish("c", messages(3));
    await turns();
    const published = two.broker.publish("c", [message("pending")]).catch((error: Error) => error);
    two.broker.crash();
    expect(await published).toMatchObject({ code: "BROKER_UNAVAILABLE" });
    await expect(dead.settle("ack")).rejects.toMatchObject({ code: "BROKER_CRASHED" });
    await expect(two.broker.publish("c", [])).rejects.toMatchObject({ code: "BROKER_CRASHED" });
    const heir = await Reader.join(one.broker);
    await clock.advance(1_999);
    expect(dead.ended).toBe(true);
    expect(heir.ids).toEqual([]);
    expect(await one.broker.inspect()).toMatchObject([{ inFlight: 3 }]);
    await clock.advance(1);
    expect(heir.ids.slice(0, 3)).toEqual(["0#2", "1#2", "2#2"]);
    await two.broker.close();
  });

  it("does not end a lease that a live member has, however long it takes", async () => {
    const { clock, one, two } = await pair();
    const slow = await Reader.join(two.broker);
    await one.broker.publish("c", messages(1));
    await turns();
    const other = await Reader.join(one.broker);
    await clock.advance(3_600_000);
    expect(other.ids).toEqual([]);
    await slow.settle("ack");
    expect(two.reports).toEqual([]);
  });

  it("of the one who asked leaves a delayed retry and a delayed message in place", async () => {
    const { clock, one, two } = await pair();
    const dead = await Reader.join(two.broker);
    await two.broker.publish("c", [message("0"), message("1", "k", { deliverAt: clock.now() + 5_000 })]);
    await turns();
    await dead.retry("0", 4_000);
    two.broker.crash();
    const heir = await Reader.join(one.broker);
    await clock.advance(3_999);
    expect(heir.ids).toEqual([]);
    await clock.advance(2_000);
    expect(heir.ids).toEqual(["0#2", "1"]);
  });
});

describe("a cut", () => {
  it("shorter than the lease changes nothing", async () => {
    const { clock, one, two } = await pair();
    const reader = await Reader.join(two.broker);
    const other = await Reader.join(one.broker);
    await one.broker.publish(
      "c",
      messages(1, () => "a"),
    );
    await turns();
    const [holder, idle] = reader.held.length > 0 ? [reader, other] : [other, reader];
    two.broker.cut();
    await expect(two.broker.publish("c", [])).rejects.toMatchObject({
      code: "BROKER_UNAVAILABLE",
      retryable: true,
    });
    await clock.advance(1_999);
    two.broker.heal();
    await clock.advance(10_000);
    await holder.settle("ack");
    expect(idle.ids).toEqual([]);
    expect(two.reports.map((report) => report.kind)).toEqual(["disconnected", "connected"]);
  });

  it("longer than the lease hands over, and the late settlement is reported", async () => {
    const { clock, server, one, two } = await pair();
    const reader = await Reader.join(two.broker);
    await one.broker.publish("c", messages(2));
    await turns();
    expect(reader.ids).toEqual(["0", "1"]);
    two.broker.cut();
    const other = await Reader.join(one.broker);
    await clock.advance(2_000);
    expect(other.ids).toEqual(["0#2", "1#2"]);
    server.heal();
    await reader.settle("ack");
    expect(two.reports).toContainEqual({ kind: "stale-settlement", channel: "c", group: "g", count: 2 });
    await other.settle("ack");
    await one.broker.publish("c", [message("2"), message("3", "b")]);
    await turns();
    expect([...reader.ids, ...other.ids].sort()).toEqual(["2", "3"]);
  });

  it("during which a subscription is closed gives back what it held when it heals", async () => {
    const { one, two } = await pair();
    const reader = await Reader.join(two.broker);
    await one.broker.publish("c", messages(1));
    await turns();
    two.broker.cut();
    await reader.subscription.close();
    const other = await Reader.join(one.broker);
    await turns();
    expect(other.ids).toEqual([]);
    two.broker.heal();
    await turns();
    expect(other.ids).toEqual(["0"]);
  });
});

describe("a restart of the server", () => {
  it("keeps the data, brings held messages back counted, and the subscriptions go on", async () => {
    const { clock, server, one } = await pair();
    const reader = await Reader.join(one.broker);
    await one.broker.publish("c", messages(3));
    await turns();
    await reader.retry("0", 1_000, "1", "2");
    await one.broker.publish(
      "c",
      messages(2, () => "other"),
    );
    await turns();
    await server.restart();
    await turns();
    expect(reader.ids).toEqual(["0", "1", "0#2", "1#2"]);
    expect(one.reports.map((report) => report.kind)).toEqual(["disconnected", "connected"]);
    await reader.subscription.close();
    const next = await Reader.join(one.broker);
    await clock.advance(1_000);
    expect(next.ids).toHaveLength(5);
  });

  it("rejects pending publishes, of which some are stored, the same ones each time", async () => {
    const stored = async (): Promise<string[]> => {
      const { server, one } = await pair();
      const pending = Array.from({ length: 20 }, (_, index) =>
        one.broker.publish("c", [message(`${index}a`), message(`${index}b`)]),
      );
      const restarted = server.restart();
      await expect(one.broker.publish("c", messages(1))).rejects.toMatchObject({ retryable: true });
      const results = await Promise.allSettled(pending);
      expect(results.every((result) => result.status === "rejected")).toBe(true);
      await restarted;
      await one.broker.publish("c", [message("after")]);
      return (await collect(one.broker.history({ channel: "c", from: "earliest" }))).map(
        (entry) => entry.message.id,
      );
    };
    const first = await stored();
    expect(first.length).toBeGreaterThan(1);
    expect(first.length).toBeLessThan(41);
    expect(await stored()).toEqual(first);
  });
});
