/** What publishers and consumers have in common: how they start, answer, stop, and notice that they stood still. */
import { setTimeout as sleep } from "node:timers/promises";
import { createMesh, defineCatalog, defineEvent, type Mesh } from "@meshwright/core";
import { namespace, service } from "../groups.js";
import { openLedger, type Write } from "../ledger.js";
import { createBroker } from "../targets/brokers.js";
import { nowMs } from "../time.js";
import { recorded } from "./recorded.js";
import type { Answer, Order, WorkerSettings } from "./settings.js";

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

export interface Worker {
  readonly settings: WorkerSettings;
  readonly write: Write;
  /** Whether it was asked to stop. */
  stopping(): boolean;
  /** Called whenever the process has done a piece of its work. */
  worked(): void;
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
  const settings = JSON.parse(process.argv[2] ?? "") as WorkerSettings;
  const write = openLedger(settings.folder, settings.name);
  let asked = false;
  const stopped = new Promise<void>((resolve) => {
    onOrder("stop", () => {
      asked = true;
      resolve();
    });
  });
  let curious = false;
  onOrder("alive?", () => {
    curious = true;
  });
  const worker: Worker = {
    settings,
    write,
    stopping: () => asked,
    worked() {
      if (curious) answer("alive");
      curious = false;
    },
  };
  process.once("disconnect", () => process.exit());
  noticeStalls(settings.leaseMs / 2, write);
  const mesh = await started(settings, write, (fresh) => prepare(fresh, worker));
  answer("ready");
  await Promise.all([work(mesh, worker), stopped]);
  const askedAt = nowMs();
  await mesh.stop({ timeout: "10s" });
  write({ kind: "left", at: nowMs(), askedAt });
  process.exit();
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

function onOrder(order: Order, act: () => void): void {
  process.on("message", (message) => {
    if (message === order) act();
  });
}

function answer(text: Answer): void {
  process.send?.(text);
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
