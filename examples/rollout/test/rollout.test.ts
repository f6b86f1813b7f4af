import { retry, type StepContext } from "@meshwright/core";
import { expect, test } from "vitest";
import {
  rolloutFinished,
  rolloutPaused,
  rolloutRolledBack,
  rolloutStepReached,
  sloBreached,
} from "../src/events.js";
import { freezeWindows } from "../src/freeze.js";
import { approve, rolloutName } from "../src/rollout.js";
import { ended, newSite, pass, plan, type RolloutMesh, release } from "./support.js";

const build = { service: "shop", version: "v2" };
const approval = { before: 50, timeout: "5m" } as const;

const versionOf = (data: unknown): string => (data as typeof build).version;

const breach = (mesh: RolloutMesh, version: string): Promise<unknown> =>
  mesh.publish(sloBreached.type, { service: "shop", version, objective: "errors up to 1 %", measured: 0.2 });

test("a sound build gets all the traffic, step by step", async () => {
  const site = newSite();
  const mesh = await site.start();
  const start = await release(mesh, "v2");
  await site.reached("v2", 10);
  await site.clock.advance("50s");
  expect(site.calls).toEqual(["v2 deployed", "v2 at 10"]);
  await pass(site, "v2", [10, 50, 100]);
  expect(await ended(site, mesh, "completed")).toMatchObject({ value: "finished" });
  await site.until("it says so", () => site.of(rolloutFinished.type).length > 0);
  expect(site.calls).toEqual(["v2 deployed", "v2 at 10", "v2 at 50", "v2 at 100"]);
  expect(site.of(rolloutStepReached.type)).toEqual([10, 50, 100].map((weight) => ({ ...build, weight })));
  expect(site.of(rolloutFinished.type)).toEqual([build]);
  expect(site.events.find(({ type }) => type === rolloutFinished.type)?.causationid).toBe(start.id);
});

test("a build that breaks a promise is rolled back", async () => {
  const site = newSite();
  const mesh = await site.start();
  const start = await release(mesh, "v2");
  await pass(site, "v2", [10]);
  await site.reached("v2", 50);
  await breach(mesh, "v1");
  await site.clock.advance("30s");
  expect(site.calls).toEqual(["v2 deployed", "v2 at 10", "v2 at 50"]);
  await breach(mesh, "v2");
  const event = await site.rolledBack("v2");
  expect(event).toMatchObject({ causationid: start.id, correlationid: start.id });
  expect(event.data.reason).toBe('It broke "errors up to 1 %": measured 0.2.');
  expect(site.calls.slice(3)).toEqual(["v2 at 0", "v2 at 0", "v2 removed"]);
  expect(await ended(site, mesh, "compensated")).toMatchObject({ error: { code: "SAGA_COMPENSATE" } });
  expect(site.of(rolloutFinished.type)).toEqual([]);
});

test("what a version broke in an earlier rollout does not count in a new one", async () => {
  const site = newSite();
  const mesh = await site.start();
  await release(mesh, "v2");
  await site.reached("v2", 10);
  await breach(mesh, "v2");
  await site.rolledBack("v2");
  await breach(mesh, "v2");
  await site.clock.advance("1s");
  site.events.length = 0;
  await release(mesh, "v2");
  await pass(site, "v2", [10, 50, 100]);
  await ended(site, mesh, "completed");
});

test("it goes on when somebody approves this version", async () => {
  const site = newSite();
  const mesh = await site.start({ approval });
  await release(mesh, "v2");
  await pass(site, "v2", [10]);
  await site.until("it asks", () => site.of(rolloutPaused.type).length > 0);
  expect(site.of(rolloutPaused.type)).toEqual([{ ...build, weight: 50, for: "approval" }]);
  await approve(mesh.sagas, { ...build, version: "v1" }, "ann");
  await site.clock.advance("4m");
  expect(site.calls).toEqual(["v2 deployed", "v2 at 10"]);
  expect(await approve(mesh.sagas, build, "ann")).toBe(true);
  await pass(site, "v2", [50, 100]);
  const { journal } = await ended(site, mesh, "completed");
  expect(journal.find(({ kind }) => kind === "signalled")).toMatchObject({ value: { by: "ann" } });
  expect(site.of(rolloutPaused.type)).toHaveLength(1);
});

test("without an approval it is rolled back, and says why", async () => {
  const site = newSite();
  const mesh = await site.start({ approval });
  await release(mesh, "v2");
  await pass(site, "v2", [10]);
  await site.until("it asks", () => site.of(rolloutPaused.type).length > 0);
  await site.clock.advance("5m");
  const { data } = await site.rolledBack("v2");
  expect(data.reason).toBe("Nobody approved 50 % within 5m.");
  expect(site.calls).toEqual(["v2 deployed", "v2 at 10", "v2 at 0", "v2 removed"]);
  await ended(site, mesh, "compensated");
});

test("a promise that is broken while somebody is asked counts", async () => {
  const site = newSite();
  const mesh = await site.start({ approval });
  await release(mesh, "v2");
  await pass(site, "v2", [10]);
  await site.until("it asks", () => site.of(rolloutPaused.type).length > 0);
  await site.clock.advance("4m");
  await breach(mesh, "v2");
  expect((await site.rolledBack("v2")).data.reason).toContain("It broke");
  await ended(site, mesh, "compensated");
});

test("freezes are waited out, one after the other", async () => {
  const site = newSite();
  const until = "2026-01-01T00:08:00.000Z";
  const freeze = freezeWindows([
    { from: "2026-01-01T00:01:00Z", until: "2026-01-01T00:05:00Z" },
    { from: "2026-01-01T00:04:00Z", until },
  ]);
  const mesh = await site.start({ freeze });
  await release(mesh, "v2");
  await pass(site, "v2", [10]);
  await site.clock.advance("6m");
  expect(site.calls).toEqual(["v2 deployed", "v2 at 10"]);
  await site.clock.advance("1m");
  await pass(site, "v2", [50, 100]);
  await ended(site, mesh, "completed");
  expect(site.of(rolloutPaused.type)).toEqual([
    { ...build, weight: 50, for: "freeze", until: "2026-01-01T00:05:00.000Z" },
    { ...build, weight: 50, for: "freeze", until },
  ]);
});

test("a freeze lasts until the last of its windows is over", () => {
  const [start, early, late] = ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"];
  const calendar = freezeWindows([
    { from: start, until: late },
    { from: start, until: early },
  ]);
  const at = (time: string, ms = 0): number => Date.parse(time) + ms;
  expect([at(start, -1), at(start), at(late, -1), at(late)].map(calendar)).toEqual([
    undefined,
    at(late),
    at(late),
    undefined,
  ]);
});

test("a build is rolled back in a freeze", async () => {
  const site = newSite();
  const freeze = freezeWindows([{ from: "2026-01-01T00:01:00Z", until: "2026-01-02T00:00:00Z" }]);
  const mesh = await site.start({ freeze });
  await release(mesh, "v2");
  await pass(site, "v2", [10]);
  await site.until("it waits", () => site.of(rolloutPaused.type).length > 0);
  await breach(mesh, "v2");
  await site.rolledBack("v2");
  expect(site.clock.now()).toBeLessThan(Date.parse("2026-01-01T00:03:00Z"));
});

test("a newer build begins when the one before it is rolled back", async () => {
  const site = newSite();
  const mesh = await site.start();
  await release(mesh, "v2");
  await pass(site, "v2", [10]);
  await site.reached("v2", 50);
  await release(mesh, "v3");
  await pass(site, "v3", [10, 50, 100]);
  expect(await ended(site, mesh, "completed")).toMatchObject({ run: 2 });
  expect(site.calls.slice(3)).toEqual([
    ...["v2 at 0", "v2 at 0", "v2 removed"],
    ...["v3 deployed", "v3 at 10", "v3 at 50", "v3 at 100"],
  ]);
  expect(site.of(rolloutRolledBack.type)).toEqual([
    { ...build, reason: "The saga was cancelled: superseded by a newer one." },
  ]);
});

test("a step that was given up does not stop the newer build", async () => {
  const site = newSite();
  const gateway = {
    deploy: () => undefined,
    shift: ({ version }: { readonly version: string }, weight: number, { signal }: StepContext) => {
      site.calls.push(`${version} at ${weight}`);
      if (version === "v3" || weight === 0) return;
      return new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
    remove: ({ version }: { readonly version: string }) => void site.calls.push(`${version} removed`),
  };
  const mesh = await site.start({ gateway });
  await release(mesh, "v2");
  await site.until("it is under way", () => site.calls.length > 0);
  await release(mesh, "v3");
  await pass(site, "v3", [10, 50, 100]);
  await ended(site, mesh, "completed");
  expect(site.calls).toEqual(["v2 at 10", "v2 at 0", "v2 removed", "v3 at 10", "v3 at 50", "v3 at 100"]);
});

test("of builds that come close together the newest is rolled out", async () => {
  const site = newSite();
  const mesh = await site.start({ approval: { before: 10, timeout: "5m" } });
  for (const version of ["v2", "v3", "v4"]) await release(mesh, version);
  await site.until("v4 waits", () =>
    site.events.some(({ type, data }) => type === rolloutPaused.type && versionOf(data) === "v4"),
  );
  await approve(mesh.sagas, { ...build, version: "v4" }, "ann");
  await pass(site, "v4", [10, 50, 100]);
  await ended(site, mesh, "completed");
  expect(site.calls.slice(-4)).toEqual(["v4 deployed", "v4 at 10", "v4 at 50", "v4 at 100"]);
  expect(site.calls.filter((call) => call.startsWith("v3 at"))).toEqual([]);
});

test("a build is rolled out after one that is done", async () => {
  const site = newSite();
  const mesh = await site.start();
  for (const version of ["v2", "v3"]) {
    await release(mesh, version);
    await pass(site, version, [10, 50, 100]);
    await ended(site, mesh, "completed");
  }
  expect(site.calls).toHaveLength(8);
  expect(site.of(rolloutRolledBack.type)).toEqual([]);
});

test("an operator ends it", async () => {
  const site = newSite();
  const mesh = await site.start();
  await release(mesh, "v2");
  await site.reached("v2", 10);
  await mesh.sagas.cancel(rolloutName, "shop", "ann does not like it");
  expect((await site.rolledBack("v2")).data.reason).toContain("ann does not like it");
  await ended(site, mesh, "cancelled");
});

test("a gateway that fails for good is a rollback, a glitch is not", async () => {
  const site = newSite();
  let glitches = 1;
  const gateway = {
    deploy: () => {
      if (glitches-- > 0) throw new Error("a glitch");
    },
    shift: (_build: unknown, weight: number) => {
      site.calls.push(`at ${weight}`);
      if (weight === 50) throw new Error("no route to the gateway");
    },
    remove: () => void site.calls.push("removed"),
  };
  const mesh = await site.start({ gateway, retry: retry({ delayed: ["1m"] }) });
  await release(mesh, "v2");
  await site.until("it is deployed again", async () => {
    await site.clock.advance("1m");
    return site.calls.includes("at 10");
  });
  await site.until("it has given up", async () => {
    await site.clock.advance("1m");
    return site.calls.includes("removed");
  });
  const { data } = await site.rolledBack("v2");
  expect(data.reason).toBe('Step "shift to 50 %" has failed: no route to the gateway');
  expect(site.calls).toEqual(["at 10", "at 50", "at 50", "at 0", "removed"]);
  await ended(site, mesh, "compensated");
});

test("it goes on in another process, by the plan that it began with", async () => {
  const site = newSite();
  const first = await site.start();
  await release(first, "v2");
  await pass(site, "v2", [10]);
  await site.reached("v2", 50);
  await first.stop();
  const mesh = await site.start({ plan: [{ weight: 100, watch: "1d" }], approval });
  await pass(site, "v2", [50, 100]);
  await ended(site, mesh, "completed");
  expect(site.calls).toEqual(["v2 deployed", "v2 at 10", "v2 at 50", "v2 at 100"]);
});

test("a plan that cannot be right is refused at once", async () => {
  const { start } = newSite();
  await expect(start({ plan: [] })).rejects.toThrow(RangeError);
  await expect(start({ plan: plan.slice(0, 2) })).rejects.toThrow("rise to 100, not 10, 50");
  await expect(start({ plan: [...plan].reverse() })).rejects.toThrow(RangeError);
  await expect(start({ approval: { before: 0, timeout: "1h" } })).rejects.toThrow(RangeError);
  expect(() => freezeWindows([{ from: "tomorrow", until: "2026-01-01T00:00:00Z" }])).toThrow(RangeError);
});
