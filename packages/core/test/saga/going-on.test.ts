/** Instances that begin anew, from their end or from another one's middle; steps that have to show that they live. */
import { defineCatalog, defineEvent, retry, type Saga, saga, sagaDiagram, typed } from "@meshwright/core";
import { eventually, everyCrash, sagaHarness } from "@meshwright/testing";
import { expect, test } from "vitest";
import { approved, built, newSite, released, until } from "./support.js";

const digest = "sha256:1";
const round = defineEvent("com.acme.round.v1", {
  schema: typed<{ readonly id: string; readonly n: number }>({}),
});
const tick = defineEvent("com.acme.tick.v1", { schema: typed<{ readonly n: number }>({}) });
const catalog = defineCatalog([round, tick]);

const rounds = (last: number): Saga =>
  saga("rounds", { startedBy: round, key: (event) => event.data.id, events: [tick] }, async (run, start) => {
    const { n } = start.data;
    await run.step("work", () => n);
    const got = await run.waitFor(tick, { timeout: "1h" });
    if (n < last) return run.continueAs({ ...start.data, n: n + 1 });
    return [n, got?.data.n];
  });

test("one that continues begins anew with other data, and has each event once, wherever it crashes", async () => {
  await everyCrash(rounds(3), { catalog, patience: "5s" }, async (harness) => {
    await harness.given(round, { id: "a", n: 1 });
    for (const n of [1, 2, 3]) await harness.given(tick, { n });
    const { run, value, journal } = (await harness.instance("a")) ?? {};
    expect([run, value]).toEqual([3, [3, 3]]);
    expect(journal?.map(({ kind }) => kind)).toEqual(["step", "waiting", "event", "end"]);
  });
});

test("signals that it did not take are for the run that follows", async () => {
  const twice = saga("twice", { startedBy: round, key: (event) => event.data.id }, async (run, { data }) => {
    const got = await run.signal("go");
    return data.n === 1 ? run.continueAs({ ...data, n: 2 }) : got;
  });
  await using harness = await sagaHarness(twice, { catalog });
  await harness.given(round, { id: "a", n: 1 });
  await Promise.all([
    harness.signal("a", "other", 0),
    harness.signal("a", "go", 1),
    harness.signal("a", "go", 2),
  ]);
  expect(await harness.instance("a")).toMatchObject({ run: 2, state: "completed" });
});

const shifting = (done: string[], works: () => boolean): Saga =>
  saga(
    "shifting",
    { startedBy: built, key: (event) => event.data.digest, events: [approved] },
    async (run) => {
      await run.step("first", ({ idempotencyKey }) => void done.push(idempotencyKey));
      const { by } = (await run.waitFor(approved))?.data ?? {};
      await run.step(
        "second",
        () => {
          if (!works()) throw new Error("not yet");
        },
        { retry: retry({ immediate: 0 }) },
      );
      return by;
    },
  );

test("a fork has done what the other one did, and goes on from the step with the code of now", async () => {
  const site = newSite();
  const done: string[] = [];
  let works = false;
  const mesh = await site.start([shifting(done, () => works)]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["shifting", digest], "running");
  await site.clock.advance("1s");
  await mesh.publish(approved.type, { by: "ann" });
  await until(site, mesh, ["shifting", digest], "failed");
  works = true;
  expect(await mesh.sagas.fork("shifting", digest, { from: "second", as: "fork" })).toBe(true);
  expect(await until(site, mesh, ["shifting", "fork"], "completed")).toMatchObject({ value: "ann" });
  expect(await mesh.sagas.get("shifting", digest)).toMatchObject({ state: "failed" });
  expect(await mesh.sagas.fork("shifting", digest, { from: "first", as: "whole" })).toBe(true);
  await eventually("it waits", async () => {
    await site.clock.advance(10);
    return (await mesh.sagas.get("shifting", "whole"))?.journal.length === 2;
  });
  expect(new Set(done).size).toBe(2);
  await mesh.publish(approved.type, { by: "bob" });
  expect(await until(site, mesh, ["shifting", "whole"], "completed")).toMatchObject({ value: "bob" });
});

test("what cannot be forked is said", async () => {
  const site = newSite();
  const mesh = await site.start([shifting([], () => true)]);
  expect(await mesh.sagas.fork("shifting", digest, { from: "first", as: "fork" })).toBe(false);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["shifting", digest], "running");
  await site.clock.advance("1s");
  const fork = (from: string, as: string) => mesh.sagas.fork("shifting", digest, { from, as });
  await expect(fork("second", "fork")).rejects.toMatchObject({ code: "SAGA_STEP_UNKNOWN" });
  await expect(fork("first", digest)).rejects.toMatchObject({ code: "SAGA_EXISTS" });
});

test("a step that gives no heartbeat in time has failed, one that does may take as long as it likes", async () => {
  const site = newSite();
  const signals: string[] = [];
  const beating = saga("beating", { startedBy: built, key: (event) => event.data.digest }, (run) =>
    run.step(
      "long",
      async ({ attempt, heartbeat, signal }) => {
        for (let beat = 0; attempt > 1 && beat < 10; beat++) {
          await new Promise<void>((resolve) => site.clock.after(900, resolve));
          heartbeat();
        }
        if (attempt > 1) return attempt;
        signal.addEventListener("abort", () => signals.push((signal.reason as { code: string }).code));
        return new Promise<number>(() => undefined);
      },
      { heartbeat: "1s", retry: retry({ immediate: 1 }) },
    ),
  );
  const mesh = await site.start([beating]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["beating", digest], "running");
  await site.clock.advance("20s");
  expect(await until(site, mesh, ["beating", digest], "completed")).toMatchObject({ value: 2 });
  expect(signals).toEqual(["SAGA_STEP_SILENT"]);
});

test("a run can be drawn", async () => {
  const site = newSite();
  const drawn = saga(
    "drawn",
    { startedBy: built, key: (event) => event.data.digest, events: [approved] },
    async (run, start) => {
      await run.step("shift; to 10 %", () => 1);
      await run.waitFor(approved, { timeout: "1m" });
      await run.publish(released, { digest: start.data.digest });
    },
  );
  const mesh = await site.start([drawn]);
  await mesh.publish(built.type, { digest: "one" });
  await until(site, mesh, ["drawn", "one"], "running");
  await site.clock.advance("2m");
  expect(sagaDiagram(await until(site, mesh, ["drawn", "one"], "completed"))).toBe(`sequenceDiagram
  participant events
  participant saga as drawn one
  participant outside
  events->>saga: com.acme.artifact.built.v1
  saga->>outside: shift#59; to 10 #37;
  note over saga: waits for com.acme.release.approved.v1
  note over saga: no com.acme.release.approved.v1 in time
  saga->>events: com.acme.release.finished.v1
  note over saga: completed
`);
});
