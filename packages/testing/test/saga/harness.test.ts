import { retry, type StepFailedError, saga } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { type SagaHarness, sagaHarness } from "../../src/index.js";
import {
  catalog,
  digest,
  gateway,
  key,
  published,
  released,
  rollout,
  scanFinished,
  sloBreached,
} from "./support.js";

async function scanned(harness: SagaHarness, critical = 0): Promise<void> {
  await harness.given(published, { digest }, { subject: "web" });
  const [request] = harness.published;
  await harness.given(scanFinished, { digest, critical }, { causationid: request?.id ?? "" });
}

describe("sagaHarness", () => {
  test("steps, waits, timers and signals, from beginning to end", async () => {
    const world = gateway();
    await using harness = await sagaHarness(
      rollout(() => world),
      { catalog },
    );
    await scanned(harness);
    expect(harness.published.map(({ type }) => type)).toEqual(["com.acme.scan.requested.v1"]);
    expect(world.done).toEqual(["shift 10"]);
    await harness.skip("299s");
    expect(world.done).toEqual(["shift 10"]);
    await harness.skip("1s");
    expect(world.done).toEqual(["shift 10", "shift 100"]);
    await harness.skip("5m");
    expect(await harness.signal(digest, "approve", "ann")).toBe(true);
    expect(await harness.instance(digest)).toMatchObject({
      state: "completed",
      value: { by: "ann", id: 36 },
    });
    expect(harness.published).toMatchObject([
      { type: "com.acme.scan.requested.v1" },
      { type: released.type, data: { digest, by: "ann" } },
    ]);
    expect(harness.steps).toMatchObject([
      { key: digest, name: "shift-10", attempt: 1 },
      { key: digest, name: "shift-100", attempt: 1 },
    ]);
    expect(await harness.signal(digest, "approve", "bob")).toBe(false);
    expect(await harness.instance("another")).toBeUndefined();
  });

  test("`when` empties what was published", async () => {
    await using harness = await sagaHarness(
      rollout(() => gateway()),
      { catalog },
    );
    await harness.given(published, { digest });
    expect(harness.published.length).toBe(1);
    const event = await harness.when(published, { digest: "another" });
    expect(event).toMatchObject({ id: "given-2", source: "/given" });
    expect(harness.published).toMatchObject([{ data: { digest: "another" } }]);
  });

  test("a step that fails is tried again: at once, and when the clock has moved", async () => {
    const world = gateway(2);
    await using harness = await sagaHarness(
      rollout(() => world),
      { catalog },
    );
    await scanned(harness);
    expect(harness.steps.map(({ attempt }) => attempt)).toEqual([1, 2]);
    await harness.skip("10s");
    expect(harness.steps.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(harness.steps.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(world.done).toEqual(["shift 10"]);
  });

  test("compensations are steps", async () => {
    const world = gateway();
    await using harness = await sagaHarness(
      rollout(() => world),
      { catalog },
    );
    await scanned(harness);
    await harness.skip("5m");
    await harness.when(sloBreached, { burnRate: 14 }, { subject: "another" });
    expect(await harness.instance(digest)).toMatchObject({ state: "running" });
    await harness.when(sloBreached, { burnRate: 14 }, { subject: "web" });
    expect(await harness.instance(digest)).toMatchObject({
      state: "compensated",
      error: { message: "burn rate 14" },
    });
    expect(harness.published).toEqual([]);
    expect(harness.steps.map(({ name }) => name)).toEqual([
      "shift-10",
      "shift-100",
      "shift-100: compensate",
      "shift-10: compensate",
    ]);
  });

  test("a saga that fails, and one that nobody answers", async () => {
    await using harness = await sagaHarness(
      rollout(() => gateway()),
      { catalog },
    );
    await scanned(harness, 1);
    expect(await harness.instance(digest)).toMatchObject({ state: "failed", error: { code: "SAGA_FAILED" } });
    await harness.given(published, { digest: "another" });
    await harness.skip("10m");
    expect(await harness.instance("another")).toMatchObject({ state: "failed" });
  });

  test("a step that does not end is under way, until it is cancelled", async () => {
    const done: string[] = [];
    const slow = saga("slow", { startedBy: published, key }, async (run) => {
      await run.step("one", () => new Promise(() => undefined), {
        compensate: () => void done.push("not one"),
      });
    });
    await using harness = await sagaHarness(slow, { catalog, patience: "5ms" });
    await harness.given(published, { digest });
    await harness.skip("1h");
    expect(await harness.instance(digest)).toMatchObject({ state: "running", journal: [] });
    expect(harness.steps.length).toBe(1);
    expect(await harness.cancel(digest, "enough")).toBe(true);
    expect(await harness.instance(digest)).toMatchObject({ state: "cancelled" });
    expect(done).toEqual(["not one"]);
    expect(await harness.cancel(digest)).toBe(false);
  });

  test("a step may take its time, and have a timeout", async () => {
    const slow = saga("slow", { startedBy: published, key }, async (run) => {
      await run.step("one", () => new Promise((resolve) => setImmediate(resolve)));
      return run
        .step("two", () => new Promise(() => undefined), { timeout: "30s", retry: retry({ immediate: 0 }) })
        .catch(({ reason }: StepFailedError) => reason);
    });
    await using harness = await sagaHarness(slow, { catalog, patience: "500ms" });
    await harness.given(published, { digest });
    expect(harness.steps.map(({ name }) => name)).toEqual(["one", "two"]);
    await harness.skip("30s");
    expect(await harness.instance(digest)).toMatchObject({ value: "SAGA_STEP_TIMEOUT" });
  });

  test("months are skipped in no time", async () => {
    const sleepy = saga("sleepy", { startedBy: published, key }, async (run) => {
      for (let night = 0; night < 10; night++) await run.sleep("1d");
      return run.now();
    });
    await using harness = await sagaHarness(sleepy, { catalog });
    const start = harness.clock.now();
    await harness.given(published, { digest });
    await harness.skip("10d");
    expect(await harness.instance(digest)).toMatchObject({ state: "completed", value: start + 864_000_000 });
  });

  test("it refuses what cannot be", async () => {
    const one = saga("one", { startedBy: published, key }, () => undefined);
    const two = saga("two", { startedBy: published, key }, () => undefined);
    await expect(sagaHarness([one, two], { catalog })).rejects.toMatchObject({
      code: "SAGA_VERSIONS_INVALID",
    });
    await expect(sagaHarness([], { catalog })).rejects.toMatchObject({ code: "SAGA_VERSIONS_INVALID" });
    await expect(sagaHarness(one, { catalog, crash: { at: 0, when: "after-commit" } })).rejects.toMatchObject(
      {
        code: "CRASH_INVALID",
      },
    );
  });
});
