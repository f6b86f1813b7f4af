/** A process that does the sagas' work and relays what they publish. What its steps do is a line in its ledger. */
import { setTimeout as sleep } from "node:timers/promises";
import { createMesh, type Mesh } from "@meshwright/core";
import { redisBroker } from "@meshwright/redis";
import { openLedger, type Write } from "../../ledger.js";
import { seeded, seedOf } from "../../random.js";
import type { Service } from "../../store/service/contract.js";
import { openService } from "../../store/service/open.js";
import { nowMs } from "../../time.js";
import { type Duty, onDuty } from "../../worker/duty.js";
import { type Act, errand } from "../errand.js";
import { catalog, namespace, service as serviceName } from "../events.js";
import type { SagaEntry } from "../ledger.js";
import { otherLeaseMs, type SagaWorkerSettings, sagaLeaseMs } from "../settings.js";

type Worker = Duty<SagaWorkerSettings>;

/** So long without time, and a lease can be lost: it is renewed when half of it is over. */
const stallMs = sagaLeaseMs / 4;

await onDuty<SagaWorkerSettings>(async (worker) => {
  const { folder, name } = worker.settings;
  const write = openLedger<SagaEntry>(folder, name);
  noticeStalls(write);
  const [mesh, service] = await started(worker, actOf(worker, write));
  worker.ready();
  await worker.stopped;
  await mesh.stop({ timeout: "10s" });
  await service.close();
});

/** The database or the broker may be down just now. */
async function started({ settings }: Worker, act: Act): Promise<readonly [Mesh<typeof catalog>, Service]> {
  const { store, database, broker } = settings;
  for (;;) {
    const service = await openService(store, database, otherLeaseMs);
    const mesh = createMesh({
      service: serviceName,
      namespace,
      catalog,
      broker: redisBroker({ url: broker, lease: otherLeaseMs, timeout: otherLeaseMs }),
      store: service.store,
      relay: true,
      sagas: { lease: sagaLeaseMs, poll: "200ms" },
    });
    mesh.saga(errand(act));
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

function actOf({ settings: { seed, name }, worked }: Worker, write: Write<SagaEntry>): Act {
  const random = seeded(seedOf(`${seed} ${name}`));
  let count = 0;
  return async ({ failures, ...deed }, { idempotencyKey: key, attempt }) => {
    const doing = { ...deed, key, attempt };
    const mark = `${name}:${++count}`;
    write({ kind: "begun", at: nowMs(), clock: Date.now(), doing });
    await sleep(takesMs(random()));
    const fails = attempt <= failures;
    write({ kind: "done", at: nowMs(), doing, ...(fails ? {} : { mark }) });
    worked();
    if (fails) throw new Error("as planned");
    return mark;
  };
}

/** Some take time, so that a fault finds them under way; a few longer than the lease, which must not matter to a live process. */
function takesMs(roll: number): number {
  if (roll < 0.002) return 1.2 * sagaLeaseMs;
  return roll < 0.6 ? roll * 150 : 0;
}

function noticeStalls(write: Write<SagaEntry>): void {
  let last = nowMs();
  setInterval(() => {
    const at = nowMs();
    if (at - last > stallMs) write({ kind: "stalled", at, from: last });
    last = at;
  }, 50);
}
