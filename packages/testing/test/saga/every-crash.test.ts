import { saga } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { everyCrash, type SagaHarness, sagaHarness } from "../../src/index.js";
import {
  catalog,
  digest,
  gateway,
  key,
  published,
  released,
  rollout,
  scanFinished,
  scanRequested,
  sloBreached,
} from "./support.js";

async function scanned(harness: SagaHarness, critical = 0): Promise<void> {
  await harness.given(published, { digest }, { subject: "web" });
  const [request] = harness.published;
  await harness.given(scanFinished, { digest, critical }, { causationid: request?.id ?? "" });
}

describe("a crash", () => {
  const greeting = saga("greeting", { startedBy: published, key }, async (run, start) => {
    await run.step("one", () => 1);
    await run.publish(released, { digest: start.data.digest, by: "nobody" });
    return "done";
  });

  test("before a commit leaves nothing: the event is delivered to the next process", async () => {
    await using harness = await sagaHarness(greeting, { catalog, crash: { at: 1, when: "before-commit" } });
    const start = harness.clock.now();
    await harness.given(published, { digest });
    expect(harness.hasCrashed).toBe(true);
    expect(harness.clock.now()).toBe(start + 6_000);
    expect(await harness.instance(digest)).toMatchObject({
      state: "completed",
      startedAt: expect.any(Number),
    });
    expect((await harness.instance(digest))?.startedAt).toBeGreaterThanOrEqual(start + 5_000);
    expect(harness.steps).toMatchObject([{ name: "one", attempt: 1 }]);
    expect(harness.transactions).toBe(3);
  });

  test("after a commit leaves all of it, and nobody to go on before the lease is over", async () => {
    await using harness = await sagaHarness(greeting, { catalog, crash: { at: 1, when: "after-commit" } });
    const start = harness.clock.now();
    await harness.given(published, { digest });
    expect(await harness.instance(digest)).toMatchObject({ state: "completed", startedAt: start });
    expect(harness.steps.length).toBe(1);
  });

  test("when a step is done has it done again, with the same key", async () => {
    await using harness = await sagaHarness(greeting, { catalog, crash: { at: 2, when: "before-commit" } });
    await harness.given(published, { digest });
    expect(harness.steps.map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(harness.steps[0]).toEqual(harness.steps[1]);
    expect(harness.published.length).toBe(1);
  });

  test("while several events come at once is one crash, with one process after it", async () => {
    await using harness = await sagaHarness(greeting, { catalog, crash: { at: 2, when: "after-commit" } });
    const start = harness.clock.now();
    const digests = ["a", "b", "c"];
    await Promise.all(digests.map((digest) => harness.given(published, { digest })));
    expect(harness.clock.now()).toBe(start + 6_000);
    for (const each of digests) expect(await harness.instance(each)).toMatchObject({ state: "completed" });
    expect(harness.published.length).toBe(3);
  });

  test("while somebody tells an instance of something has him tell it again, or not", async () => {
    const voting = saga("voting", { startedBy: published, key }, async (run) => [
      await run.signal("vote"),
      (await run.signal("vote", { timeout: "1h" })) ?? "nothing",
    ]);
    for (const when of ["before-commit", "after-commit"] as const) {
      // The first is that of the start.
      await using harness = await sagaHarness(voting, { catalog, crash: { at: 2, when } });
      await harness.given(published, { digest });
      expect(await harness.signal(digest, "vote", 1)).toBe(true);
      expect(harness.hasCrashed).toBe(true);
      await harness.skip("1h");
      expect(await harness.instance(digest)).toMatchObject({ value: [1, "nothing"] });
    }
  });

  test("that never comes does nothing", async () => {
    await using harness = await sagaHarness(greeting, { catalog, crash: { at: 99, when: "after-commit" } });
    await harness.given(published, { digest });
    expect(harness.hasCrashed).toBe(false);
  });
});

describe("everyCrash", () => {
  test("a rollout that is approved", async () => {
    let world = gateway();
    const runs: number[] = [];
    const result = await everyCrash(
      rollout(() => world),
      { catalog },
      async (harness) => {
        world = gateway(2);
        await scanned(harness);
        await harness.skip("610s");
        await harness.signal(digest, "approve", "ann");
        runs.push(world.done.length);
        expect(await harness.instance(digest)).toMatchObject({ state: "completed", value: { by: "ann" } });
      },
    );
    expect(result.transactions).toBeGreaterThan(6);
    expect(result.crashes).toBe(2 * result.transactions);
    expect(runs.length).toBe(2 + result.crashes);
    // Some crashes have a step done twice.
    expect(new Set(runs)).toEqual(new Set([2, 3]));
  });

  test("one that is undone, one that is cancelled, one that nobody approves", async () => {
    let world = gateway();
    const subject = rollout(() => world);
    await everyCrash(subject, { catalog }, async (harness) => {
      world = gateway();
      await scanned(harness);
      await harness.skip("5m");
      await harness.when(sloBreached, { burnRate: 14 }, { subject: "web" });
      expect(await harness.instance(digest)).toMatchObject({ state: "compensated" });
    });
    await everyCrash(subject, { catalog }, async (harness) => {
      world = gateway();
      await scanned(harness);
      expect(await harness.cancel(digest, "no longer wanted")).toBe(true);
      expect(await harness.instance(digest)).toMatchObject({ state: "cancelled" });
    });
    await everyCrash(subject, { catalog }, async (harness) => {
      world = gateway();
      await scanned(harness);
      await harness.skip("25h");
      expect(await harness.instance(digest)).toMatchObject({ state: "completed" });
    });
  });

  test("several at a time, and steps beside each other", async () => {
    const both = saga("both", { startedBy: published, key, events: [sloBreached] }, async (run, start) => {
      const name = start.data.digest;
      const [one, two, breach] = await run.all([
        run.step("one", async () => `${name} one`),
        run.step("two", () => new Promise((resolve) => setImmediate(() => resolve(`${name} two`)))),
        run.waitFor(sloBreached, { timeout: "1h" }),
        run.publish(scanRequested, { digest: name }),
      ]);
      await run.publish(released, { digest: name, by: run.uuid().slice(0, 0) });
      return [one, two, breach?.data.burnRate];
    });
    const { transactions } = await everyCrash(both, { catalog }, async (harness) => {
      await Promise.all(["a", "b", "c"].map((digest) => harness.given(published, { digest })));
      await harness.given(sloBreached, { burnRate: 2 });
      for (const one of ["a", "b", "c"])
        expect(await harness.instance(one)).toMatchObject({ value: [`${one} one`, `${one} two`, 2] });
    });
    expect(transactions).toBeGreaterThan(9);
  });

  test("two signals of a name are two", async () => {
    const twice = saga("twice", { startedBy: published, key }, async (run) => {
      const first = await run.signal("vote");
      return [first, await run.signal("vote", { timeout: "1h" })];
    });
    await everyCrash(twice, { catalog }, async (harness) => {
      await harness.given(published, { digest });
      await harness.signal(digest, "vote", 1);
      await harness.signal(digest, "vote", 2);
      expect(await harness.instance(digest)).toMatchObject({ value: [1, 2] });
    });
  });
});

describe("everyCrash catches", () => {
  const start = async (harness: SagaHarness): Promise<void> =>
    void (await harness.given(published, { digest }));

  test("a saga that publishes what chance says", async () => {
    const chance = saga("chance", { startedBy: published, key }, async (run, start) => {
      await run.step("one", () => 1);
      await run.publish(released, { digest: start.data.digest, by: String(Math.random()) });
    });
    await expect(everyCrash(chance, { catalog }, start)).rejects.toMatchObject({
      code: "SCENARIO_NOT_REPEATABLE",
      message: expect.stringContaining(`event ${released.type}`),
    });
  });

  test("a saga that goes by what it has in memory", async () => {
    let inMemory: string[] = [];
    const forgetful = saga("forgetful", { startedBy: published, key }, async (run, start) => {
      const mine: string[] = [];
      inMemory = mine;
      await run.step("one", () => void mine.push("one"));
      await run.step("two", () => undefined);
      await run.publish(released, { digest: start.data.digest, by: inMemory.join() });
    });
    await expect(everyCrash(forgetful, { catalog }, start)).rejects.toMatchObject({
      code: "CRASH_CHANGES_OUTCOME",
      message: expect.stringMatching(/"by":"one"\}, and is .*"by":""\}.*at: 2, when: "after-commit"/),
    });
  });

  test("a saga whose commands depend on how often its code has run", async () => {
    let runs = 0;
    const counting = saga("counting", { startedBy: published, key }, async (run) => {
      runs += 1;
      await run.step(runs > 1 ? "again" : "first", () => runs);
      await run.sleep("1m");
    });
    await expect(
      everyCrash(counting, { catalog }, async (harness) => {
        runs = 0;
        await start(harness);
        await harness.skip("1h");
      }),
    ).rejects.toMatchObject({ code: "CRASH_CHANGES_OUTCOME" });
  });

  test("expectations of the scenario that a crash breaks", async () => {
    let done = 0;
    const once = saga("once", { startedBy: published, key }, async (run) => {
      await run.step("one", () => void done++);
    });
    const scenario = async (harness: SagaHarness): Promise<void> => {
      done = 0;
      await start(harness);
      expect(done).toBe(1);
    };
    await expect(everyCrash(once, { catalog }, scenario)).rejects.toMatchObject({
      code: "CRASH_CHANGES_OUTCOME",
      message: expect.stringMatching(/the scenario rejects: .*at: 2, when: "before-commit"/s),
      cause: { name: "AssertionError" },
    });
  });

  test("a scenario without anything to do, and one that rejects by itself", async () => {
    const idle = saga("idle", { startedBy: published, key }, () => undefined);
    await expect(everyCrash(idle, { catalog }, async () => undefined)).rejects.toMatchObject({
      code: "SCENARIO_EMPTY",
    });
    const rejecting = everyCrash(idle, { catalog }, () => Promise.reject(new Error("mine")));
    await expect(rejecting).rejects.toThrow("mine");
  });
});
