import { memoryBroker, memoryServer } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { type ConformanceOptions, guarantees, runConformance, virtualClock } from "../src/index.js";

const server = memoryServer();
const options: ConformanceOptions = {
  create: () => memoryBroker({ server, leaseMs: 300 }),
  clock: virtualClock(),
  leaseMs: 300,
  deadlineMs: 1_000,
};

async function only(id: string, more: Partial<ConformanceOptions> = {}): Promise<unknown> {
  const [result] = await runConformance({ ...options, ...more }, { only: [id] });
  return result;
}

describe("runConformance", () => {
  test("every case has an id of its own, within its guarantee", () => {
    const ids = guarantees.flatMap(({ id, cases }) => cases.map((one) => [id, one.id]));
    expect(ids.filter(([guarantee, id]) => !id?.startsWith(`${guarantee}/`))).toEqual([]);
    expect(new Set(ids.map(([, id]) => id)).size).toBe(ids.length);
  });

  test("runs what is selected", async () => {
    const results = await runConformance(options, { only: ["B2", "B1/order-of-calls"] });
    expect(results.map(({ id }) => id.split("/")[0])).toEqual([
      "B1",
      ...Array(results.length - 1).fill("B2"),
    ]);
    expect(results.every(({ status }) => status === "passed")).toBe(true);
  });

  test("a case that lacks an option fails and names it", async () => {
    expect(await only("B4/redelivered")).toMatchObject({
      status: "failed",
      error: { code: "HOOK_MISSING", message: expect.stringContaining("`crash` or `fork`") },
    });
  });

  test("a skip with its reason stands in for a missing option", async () => {
    const skip = { "B4/redelivered": "there is nothing to crash" };
    expect(await only("B4/redelivered", { skip })).toMatchObject({
      status: "skipped",
      reason: "there is nothing to crash",
    });
  });

  test("a skip of a case that fails is a skip; of one that passes, or does not apply, it is stale", async () => {
    const create = () => {
      const broker = memoryBroker({ server });
      broker.publish = () => Promise.reject(new Error("broken"));
      return broker;
    };
    const why = "for the test";
    expect(await only("B2/latest", { create, skip: { "B2/latest": why } })).toMatchObject({
      status: "skipped",
      reason: why,
    });
    expect(await only("B2/latest", { skip: { "B2/latest": why } })).toMatchObject({
      status: "failed",
      error: { code: "SKIP_STALE", message: expect.stringContaining("passes") },
    });
    expect(await only("B5/refused", { skip: { "B5/refused": why } })).toMatchObject({
      status: "failed",
      error: { code: "SKIP_STALE", message: expect.stringContaining("does not apply") },
    });
  });

  test("a skip of a case that does not exist fails", async () => {
    const { checkSkips } = await import("../src/conformance/run.js");
    expect(checkSkips({ skip: { "B5/no-such-case": "why" } })).toMatchObject({
      status: "failed",
      error: { code: "SKIP_UNKNOWN", message: expect.stringContaining("B5/no-such-case") },
    });
    expect(checkSkips({ skip: { "B5/in-order": "why" } })).toMatchObject({ status: "passed" });
  });

  test("a broker that does not close fails the case", async () => {
    const create = () => {
      const broker = memoryBroker({ server });
      broker.close = () => new Promise(() => undefined);
      return broker;
    };
    expect(await only("B2/latest", { create })).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining("Broker.close") },
    });
  });
});
