import {
  createMesh,
  type EventOf,
  type MemoryRows,
  type Mesh,
  type MeshEvent,
  memoryBroker,
  memoryDatabase,
  memoryStore,
  type SagaHistory,
  type SagaState,
} from "@meshwright/core";
import { eventually, type VirtualClock, virtualClock } from "@meshwright/testing";
import { onTestFinished } from "vitest";
import { releasePublished, rolloutCatalog, rolloutRolledBack, rolloutStepReached } from "../src/events.js";
import { progressiveRollout, type RolloutGateway, type RolloutOptions, rolloutName } from "../src/rollout.js";

export type RolloutMesh = Mesh<typeof rolloutCatalog, MemoryRows>;

export const plan: RolloutOptions["plan"] = [10, 50, 100].map((weight) => ({ weight, watch: "1m" }));

/** Processes that share a database, and what they do to a gateway. */
export interface Site {
  readonly clock: VirtualClock;
  /** Calls of the gateway, in order: "v2 at 10", "v2 removed". */
  readonly calls: string[];
  readonly events: MeshEvent[];
  start(options?: Partial<RolloutOptions>): Promise<RolloutMesh>;
  /** Lets time pass, little by little, until something is so. */
  until<T>(what: string, condition: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>>;
  reached(version: string, weight: number): Promise<unknown>;
  rolledBack(version: string): Promise<EventOf<typeof rolloutRolledBack>>;
  of(type: string): readonly unknown[];
}

export function newSite(): Site {
  const clock = virtualClock();
  const database = memoryDatabase();
  const calls: string[] = [];
  const events: MeshEvent[] = [];
  const gateway: RolloutGateway = {
    deploy: ({ version }) => void calls.push(`${version} deployed`),
    shift: ({ version }, weight) => void calls.push(`${version} at ${weight}`),
    remove: ({ version }) => void calls.push(`${version} removed`),
  };
  const until: Site["until"] = (what, condition) =>
    eventually(what, async () => {
      await clock.advance(10);
      return condition();
    });
  const find = (type: string, data: object): MeshEvent | undefined =>
    events.find((event) => event.type === type && includes(event.data, data));
  return {
    clock,
    calls,
    events,
    until,
    async start(options = {}) {
      const mesh: RolloutMesh = createMesh({
        service: "rollouts",
        catalog: rolloutCatalog,
        broker: memoryBroker(),
        store: memoryStore({ database }),
        clock,
      });
      const saga = progressiveRollout({
        gateway,
        plan,
        rolledBack: (data, about) => mesh.publish(rolloutRolledBack.type, data, about),
        ...options,
      });
      mesh.saga(saga).on("*", { name: "recorder" }, (event) => void events.push(event));
      await mesh.start();
      onTestFinished(() => mesh.stop({ timeout: 0 }));
      return mesh;
    },
    reached: (version, weight) =>
      until(`${version} has ${weight} %`, () => find(rolloutStepReached.type, { version, weight })),
    rolledBack: async (version) => {
      const found = await until(`${version} is rolled back`, () => find(rolloutRolledBack.type, { version }));
      return found as EventOf<typeof rolloutRolledBack>;
    },
    of: (type) => events.filter((event) => event.type === type).map(({ data }) => data),
  };
}

export function release(mesh: RolloutMesh, version: string): Promise<MeshEvent> {
  return mesh.publish(releasePublished.type, { service: "shop", version });
}

export function ended(site: Site, mesh: RolloutMesh, state: SagaState): Promise<SagaHistory> {
  return site.until(`the rollout is ${state}`, async () => {
    const found = await mesh.sagas.get(rolloutName, "shop");
    return found?.state === state && found;
  });
}

/** Goes through windows in which nothing happens. */
export async function pass(site: Site, version: string, weights: readonly number[]): Promise<void> {
  for (const weight of weights) {
    await site.reached(version, weight);
    await site.clock.advance("1m");
  }
}

function includes(data: unknown, wanted: object): boolean {
  return Object.entries(wanted).every(([name, value]) => (data as Record<string, unknown>)[name] === value);
}
