/** What publishers and consumers have in common: how they start, answer, stop, and notice that they stood still. */
import { setTimeout as sleep } from "node:timers/promises";
import { createMesh, defineCatalog, defineEvent, type Mesh } from "@meshwright/core";
import { namespace, service } from "../groups.js";
import { openLedger, type Write } from "../ledger.js";
import { createBroker } from "../targets/brokers.js";
import { nowMs } from "../time.js";
import { type Duty, onDuty } from "./duty.js";
import { recorded } from "./recorded.js";
import type { WorkerSettings } from "./settings.js";

export const eventType = "chaos.happened.v1";

const catalog = defineCatalog([
  defineEvent(eventType, {
    schema: {
      type: "object",
      required: ["padding"],
      properties: { padding: { type: "string" } },
    },
  }),
]);

export type ChaosMesh = Mesh<typeof catalog>;

export interface Worker extends Duty<WorkerSettings> {
  readonly write: Write;
}

/**
 * Runs this process until it is asked to stop, or its parent is gone.
 *
 * @param prepare - adds handlers to the mesh
 * @param work - goes on until `stopping`
 */
export async function runWorker(
  prepare: (mesh: ChaosMesh, worker: Worker) => void,
  work: (mesh: ChaosMesh, worker: Worker) => Promise<void>,
): Promise<void> {
  await onDuty<WorkerSettings>(async (duty) => {
    const { settings } = duty;
    const write = openLedger(settings.folder, settings.name);
    noticeStalls(settings.leaseMs / 2, write);
    const worker: Worker = { ...duty, write };
    const mesh = await started(settings, write, (fresh) => prepare(fresh, worker));
    duty.ready();
    await Promise.all([work(mesh, worker), duty.stopped]);
    const askedAt = nowMs();
    await mesh.stop({ timeout: "10s" });
    write({ kind: "left", at: nowMs(), askedAt });
  });
}

/** The server may be down just now, as it may be for any service that starts. */
async function started(
  { broker, address, leaseMs }: WorkerSettings,
  write: Write,
  prepare: (mesh: ChaosMesh) => void,
): Promise<ChaosMesh> {
  for (;;) {
    const mesh = createMesh({
      service,
      namespace,
      catalog,
      broker: recorded(await createBroker(broker, address, leaseMs), write),
    });
    prepare(mesh);
    try {
      await mesh.start();
      return mesh;
    } catch {
      await mesh.stop().catch(() => undefined);
      await sleep(200);
    }
  }
}

/** Writes down when this process got no time at all for so long. */
function noticeStalls(thresholdMs: number, write: Write): void {
  let last = nowMs();
  setInterval(() => {
    const at = nowMs();
    if (at - last > thresholdMs) write({ kind: "stalled", at, from: last });
    last = at;
  }, 25);
}
