import { type MemoryFaults, memoryServer } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { collect, connect, failure, messages, Reader, TestClock, turns } from "./support.js";

interface Story {
  readonly batches: string[][];
  readonly rejected: number[];
  readonly stored: number;
  readonly stale: number;
  readonly lag: number;
}

/** Publishes, acks everything that comes, and retries now and then, until nothing is left. */
async function story(faults: MemoryFaults, ordering: "key" | "none" = "key"): Promise<Story> {
  const clock = new TestClock();
  const { broker, reports } = await connect(clock, { server: memoryServer({ faults }) });
  const reader = await Reader.join(broker, { ordering, prefetch: 8 });
  const rejected: number[] = [];
  for (let round = 0; round < 20; round++) {
    const batch = messages(10, (index) => `k${index % 3}`).map((entry) => ({
      ...entry,
      id: `${round}.${entry.id}`,
    }));
    broker.publish("c", batch).catch(() => rejected.push(round));
    await clock.advance(10);
    if (round % 5 === 0 && reader.held[0] !== undefined) {
      const [delivery] = reader.held.splice(0, 1);
      const later = reader.take([]).map((held) => ({ delivery: held, outcome: "release" as const }));
      if (delivery) {
        await reader.subscription.settle([{ delivery, outcome: "retry", delayMs: 5, failure }, ...later]);
      }
    }
    await reader.settle("ack");
  }
  for (let round = 0; round < 300; round++) {
    await clock.advance(10);
    if (reader.held.length > 0) await reader.settle("ack");
  }
  const [group] = await broker.inspect();
  const stored = (await collect(broker.history({ channel: "c", from: "earliest" }))).length;
  const stale = reports.reduce(
    (sum, report) => sum + (report.kind === "stale-settlement" ? report.count : 0),
    0,
  );
  await broker.close();
  return { batches: reader.batches, rejected, stored, stale, lag: group?.lag ?? -1 };
}

const all: MemoryFaults = {
  seed: 1,
  duplicate: 0.1,
  crash: 0.1,
  reorder: 0.5,
  publishFailure: 0.2,
  delayMs: [0, 20],
};

function attempts(told: Story): number[] {
  return told.batches.flat().map((id) => Number(id.split("#")[1] ?? 1));
}

describe("faults", () => {
  it("are the same for the same seed, and others for another", async () => {
    const first = await story(all);
    expect(await story(all)).toEqual(first);
    expect((await story({ ...all, seed: 2 })).batches).not.toEqual(first.batches);
  });

  it.each([1, 2, 3, 4, 5])("lose nothing, seed %i", async (seed) => {
    const told = await story({ ...all, seed });
    expect(told.lag).toBe(0);
    expect(new Set(told.batches.flat().map((id) => id.split("#")[0])).size).toBe(told.stored);
  });

  it("off means none", async () => {
    const told = await story({ seed: 1 });
    expect(told).toMatchObject({ rejected: [], stored: 200, stale: 0, lag: 0 });
    expect(Math.max(...attempts(told))).toBe(2);
  });

  it("duplicate: an ack comes too late, and the message again", async () => {
    const told = await story({ seed: 1, duplicate: 0.5 }, "none");
    expect(told.stale).toBeGreaterThan(50);
    expect(attempts(told).filter((attempt) => attempt > 1).length).toBeGreaterThanOrEqual(told.stale);
    expect(told.lag).toBe(0);
  });

  it("duplicate: not while later messages of the key are under way", async () => {
    const { broker, reports } = await connect(new TestClock(), {
      server: memoryServer({ faults: { seed: 1, duplicate: 1 } }),
    });
    const reader = await Reader.join(broker);
    await broker.publish("c", messages(3));
    await turns();
    await reader.settle("ack", "0", "1");
    await turns();
    expect([reader.ids, reports]).toEqual([["2"], []]);
    await reader.settle("ack", "2");
    await turns();
    expect(reader.ids).toEqual(["2#2"]);
    expect(reports).toEqual([{ kind: "stale-settlement", channel: "c", group: "g", count: 1 }]);
  });

  it("crash: a member loses what it holds", async () => {
    const told = await story({ seed: 1, crash: 0.2 });
    expect(told.stale).toBeGreaterThan(5);
    expect(Math.max(...attempts(told))).toBeGreaterThan(1);
    expect(told.lag).toBe(0);
  });

  it("reorder: batches are shuffled, keys are not", async () => {
    const order = (told: Story): string[] => told.batches.flat().filter((id) => !id.includes("#"));
    const told = await story({ seed: 1, reorder: 1 });
    const numbers = order(told).map((id) => Number(id.split(".")[0]) * 10 + Number(id.split(".")[1]));
    expect(numbers).not.toEqual([...numbers].sort((a, b) => a - b));
    for (const batch of told.batches) {
      for (const key of [0, 1, 2]) {
        const ofKey = batch.filter((id) => Number(id.split("#")[0]?.split(".")[1]) % 3 === key);
        const places = ofKey.map((id) => Number(id.split("#")[0]?.replace(".", "")));
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }
    }
    const plain = await story({ seed: 1, reorder: 1 }, "none");
    expect(plain.lag).toBe(0);
  });

  it("publishFailure: rejects with part of it stored", async () => {
    const told = await story({ seed: 1, publishFailure: 0.5 });
    expect(told.rejected.length).toBeGreaterThan(3);
    expect(told.stored).toBeGreaterThan((20 - told.rejected.length) * 10);
    expect(told.stored).toBeLessThan(200);
  });

  it("delayMs: publishes and batches take their time by the clock", async () => {
    const clock = new TestClock();
    const server = memoryServer({ faults: { seed: 1, delayMs: [100, 100] } });
    const { broker } = await connect(clock, { server });
    const reader = await Reader.join(broker);
    let confirmed = false;
    void broker.publish("c", messages(1)).then(() => {
      confirmed = true;
    });
    await clock.advance(99);
    expect(confirmed).toBe(false);
    await clock.advance(1);
    expect(confirmed).toBe(true);
    await clock.advance(99);
    expect(reader.ids).toEqual([]);
    await clock.advance(1);
    expect(reader.ids).toEqual(["0"]);
    const pending = broker.publish("c", messages(1));
    await broker.close();
    await pending;
    await turns();
    expect(reader.ended).toBe(true);
  });

  it("refuse what is no probability or range", () => {
    for (const faults of [
      { duplicate: 2 },
      { crash: -1 },
      { reorder: Number.NaN },
      { delayMs: [2, 1] as const },
    ]) {
      expect(() => memoryServer({ faults: { seed: 1, ...faults } })).toThrow(/faults\./);
    }
  });
});
