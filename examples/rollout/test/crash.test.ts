/** A process that dies makes no difference to a rollout, before any commit and after any. */
import { everyCrash, type SagaHarness } from "@meshwright/testing";
import { expect, test } from "vitest";
import { type Build, releasePublished, rolloutCatalog, sloBreached } from "../src/events.js";
import { progressiveRollout, type RolloutGateway } from "../src/rollout.js";

const plan = [10, 50, 100].map((weight) => ({ weight, watch: "10m" }) as const);
const v2: Build = { service: "web", version: "v2" };

/** A gateway as it is after its last call, and what was told of rollbacks, by id. */
function newWorld() {
  const world = { canary: "none", weight: 0, rolledBack: new Map<string, string>() };
  const gateway: RolloutGateway = {
    deploy: ({ version }) => void Object.assign(world, { canary: version, weight: 0 }),
    shift: ({ version }, weight) => void (world.canary === version && Object.assign(world, { weight })),
    remove: ({ version }) =>
      void (world.canary === version && Object.assign(world, { canary: "none", weight: 0 })),
  };
  const rolledBack = async ({ reason }: { readonly reason: string }, { id }: { readonly id: string }) =>
    world.rolledBack.set(id, reason);
  return { world, gateway, rolledBack };
}

type World = ReturnType<typeof newWorld>["world"];

async function everywhere(
  scenario: (harness: SagaHarness, world: () => World) => Promise<void>,
): Promise<number> {
  let made = newWorld();
  const saga = progressiveRollout({
    gateway: {
      deploy: (...call) => made.gateway.deploy(...call),
      shift: (...call) => made.gateway.shift(...call),
      remove: (...call) => made.gateway.remove(...call),
    },
    plan,
    approval: { before: 50, timeout: "1d" },
    rolledBack: (...call) => made.rolledBack(...call),
  });
  const { crashes } = await everyCrash(saga, { catalog: rolloutCatalog }, async (harness) => {
    made = newWorld();
    await scenario(harness, () => made.world);
  });
  return crashes;
}

test("one that is approved has all the traffic", async () => {
  const crashes = await everywhere(async (harness, world) => {
    await harness.given(releasePublished, v2);
    await harness.skip("11m");
    await harness.signal("web", "approve v2", { by: "ann" });
    await harness.skip("30m");
    expect(await harness.instance("web")).toMatchObject({ state: "completed" });
    expect(world()).toMatchObject({ canary: "v2", weight: 100 });
    expect(world().rolledBack.size).toBe(0);
  });
  expect(crashes).toBeGreaterThan(20);
}, 60_000);

test("one that breaks a promise has none, and that is told once", async () => {
  await everywhere(async (harness, world) => {
    // harness
    await harness.given(releasePublished, v2); // all that follows from it has happened
    await harness.skip("5m"); // time passes, timers fire
    await harness.given(sloBreached, { ...v2, objective: "errors up to 5 %", measured: 0.3 });
    expect(await harness.instance("web")).toMatchObject({ state: "compensated" });
    // end harness
    expect(world()).toMatchObject({ canary: "none", weight: 0 });
    expect([...world().rolledBack.values()]).toEqual(['It broke "errors up to 5 %": measured 0.3.']);
  });
}, 60_000);

test("one that a newer build supersedes is undone before that begins", async () => {
  await everywhere(async (harness, world) => {
    await harness.given(releasePublished, v2);
    await harness.skip("5m");
    await harness.given(releasePublished, { service: "web", version: "v3" });
    await harness.skip("11m");
    await harness.signal("web", "approve v3", { by: "ann" });
    await harness.skip("30m");
    expect(await harness.instance("web")).toMatchObject({ run: 2, state: "completed" });
    expect(world()).toMatchObject({ canary: "v3", weight: 100 });
    expect(world().rolledBack.size).toBe(1);
  });
}, 60_000);
