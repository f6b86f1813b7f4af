/** What the processes of a run on a store have in common: a mesh on the service's own database. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Broker, createMesh, type Mesh } from "@meshwright/core";
import { redisBroker } from "@meshwright/redis";
import { seeded, seedOf } from "../../random.js";
import { type Duty, onDuty } from "../../worker/duty.js";
import { catalog, namespace, service as serviceName } from "../events.js";
import type { Service } from "../service/contract.js";
import { openService } from "../service/open.js";
import type { StoreWorkerSettings } from "../settings.js";

export type StoreMesh = Mesh<typeof catalog>;

export interface StoreWorker extends Duty<StoreWorkerSettings> {
  readonly random: () => number;
}

interface Part {
  readonly relay?: boolean;
  /** Something between the mesh and its broker. */
  broker?(broker: Broker, worker: StoreWorker): Broker;
  /** Adds handlers. */
  prepare?(mesh: StoreMesh, worker: StoreWorker, service: Service): void;
  /** Goes on until `stopping`. */
  work?(mesh: StoreMesh, worker: StoreWorker, service: Service): Promise<void>;
}

/** Runs this process until it is asked to stop, or its parent is gone. */
export async function runStoreWorker(part: Part): Promise<void> {
  await onDuty<StoreWorkerSettings>(async (duty) => {
    const { seed, name } = duty.settings;
    const worker: StoreWorker = { ...duty, random: seeded(seedOf(`${seed} ${name}`)) };
    const [mesh, service] = await started(part, worker);
    duty.ready();
    await Promise.all([part.work?.(mesh, worker, service), duty.stopped]);
    await mesh.stop({ timeout: "10s" });
    await service.close();
  });
}

/** The database or the broker may be down just now, as for any service that starts. */
async function started(
  { relay = false, broker: between = (broker) => broker, prepare }: Part,
  worker: StoreWorker,
): Promise<readonly [StoreMesh, Service]> {
  const { store, database, broker, leaseMs } = worker.settings;
  for (;;) {
    const service = await openService(store, database, leaseMs);
    const mesh = createMesh({
      service: serviceName,
      namespace,
      catalog,
      broker: between(redisBroker({ url: broker, lease: leaseMs, timeout: leaseMs }), worker),
      store: service.store,
      relay,
    });
    prepare?.(mesh, worker, service);
    try {
      await mesh.start();
      return [mesh, service];
    } catch {
      await mesh.stop().catch(() => undefined);
      await service.close().catch(() => undefined);
      await sleep(200);
    }
  }
}
