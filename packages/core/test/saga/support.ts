import {
  createMesh,
  defineCatalog,
  defineEvent,
  type MemoryDatabase,
  type MemoryRows,
  type Mesh,
  type MeshEvent,
  type MeshOptions,
  memoryBroker,
  memoryDatabase,
  memoryStore,
  type Saga,
  type SagaHistory,
  type SagaState,
  type Store,
  typed,
} from "@meshwright/core";
import { eventually, type VirtualClock, virtualClock } from "@meshwright/testing";
import { onTestFinished } from "vitest";

export const built = defineEvent("com.acme.artifact.built.v1", {
  schema: typed<{ readonly digest: string; readonly branch?: string }>({}),
});
export const scanRequested = defineEvent("com.acme.scan.requested.v1", {
  schema: typed<{ readonly digest: string }>({}),
});
export const scanFinished = defineEvent("com.acme.scan.finished.v1", {
  schema: typed<{ readonly digest: string; readonly critical: number }>({}),
});
export const approved = defineEvent("com.acme.release.approved.v1", {
  schema: typed<{ readonly by: string }>({}),
});
export const released = defineEvent("com.acme.release.finished.v1", {
  schema: { type: "object", required: ["digest"], properties: { digest: { type: "string" } } },
});
export const catalog = defineCatalog([built, scanRequested, scanFinished, approved, released]);
export type TestCatalog = typeof catalog;
export type SagaMesh = Mesh<TestCatalog, MemoryRows>;

/** What meshes of one deployment share. */
export interface Site {
  readonly clock: VirtualClock;
  readonly database: MemoryDatabase;
  readonly events: MeshEvent[];
  /** One more process. */
  start(sagas: readonly Saga[], options?: Partial<MeshOptions<TestCatalog, MemoryRows>>): Promise<SagaMesh>;
}

export function newSite(): Site {
  const clock = virtualClock();
  const database = memoryDatabase();
  const events: MeshEvent[] = [];
  return {
    clock,
    database,
    events,
    async start(sagas, options = {}) {
      const mesh = createMesh({
        service: "releases",
        catalog,
        broker: memoryBroker(),
        store: memoryStore({ database }),
        clock,
        ...options,
      });
      for (const saga of sagas) mesh.saga(saga);
      mesh.on("*", { name: "recorder" }, (event) => void events.push(event));
      await mesh.start();
      onTestFinished(() => mesh.stop({ timeout: 0 }));
      return mesh;
    },
  };
}

/** A store that its process can be cut off from: "down", so that calls reject, or "dead", so that none is ever answered or done. */
export function cuttableStore(database: MemoryDatabase): {
  readonly store: Store<MemoryRows>;
  become(state: "up" | "down" | "dead"): void;
} {
  let state = "up";
  const call = (work: () => unknown): unknown => {
    if (state === "up") return work();
    return state === "dead" ? new Promise(() => undefined) : Promise.reject(new Error("no connection"));
  };
  const cuttable = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value === "function") return (...args: unknown[]) => call(() => value.apply(target, args));
        return name === "documents" ? cuttable(value as object) : value;
      },
    });
  return {
    store: cuttable(memoryStore({ database })),
    become: (next) => {
      state = next;
    },
  };
}

/** Waits until an instance is in a state, and returns it. Time moves on meanwhile, a little at a time. */
export async function until(
  { clock }: Site,
  mesh: SagaMesh,
  [name, key]: readonly [name: string, key: string],
  state: SagaState,
): Promise<SagaHistory> {
  let found: SagaHistory | undefined;
  await eventually(`${name} ${key} is ${state}`, async () => {
    await clock.advance(10);
    found = await mesh.sagas.get(name, key);
    return found?.state === state;
  });
  return found as SagaHistory;
}
