/** A process that is a member of every group. Its handlers have an effect, publish, now and then take long, and now and then fail after all that. */
import { setTimeout as sleep } from "node:timers/promises";
import { retry } from "@meshwright/core";
import { echoed, echoOf, groups, hearing, written } from "../events.js";
import type { Service } from "../service/contract.js";
import { runStoreWorker, type StoreWorker } from "./process.js";

// Nothing is given up, however long the database is away.
const patience = retry({
  immediate: 3,
  delayed: [
    ...Array.from({ length: 20 }, () => "200ms" as const),
    ...Array.from({ length: 300 }, () => "1s" as const),
  ],
});

const options = { transactional: true, concurrency: 4, retry: patience, from: "earliest" } as const;

await runStoreWorker({
  prepare(mesh, worker, service) {
    for (const group of groups)
      mesh.on(written, { ...options, name: group }, async (event, ctx) => {
        const { id, source, data } = event;
        await service.tables.effect(ctx.tx.client, { group, source, id, name: data.name });
        ctx.publish(echoed, { ...data, name: echoOf(group, data.name) }, { key: data.key });
        await endAsRolled(worker, service);
      });
    mesh.on(echoed, { ...options, name: hearing }, async ({ id, source, data: { name } }, ctx) => {
      await service.tables.effect(ctx.tx.client, { group: hearing, source, id, name });
      await endAsRolled(worker, service);
    });
  },
});

/** What was done before is undone when this throws. */
async function endAsRolled({ random, settings, worked }: StoreWorker, service: Service): Promise<void> {
  const roll = random();
  // Where a transaction holds up all others, none takes its time.
  if (service.store.capabilities.concurrent) {
    // Longer than the lease, which must not matter to a live process.
    if (roll < 0.002) await sleep(1.3 * settings.leaseMs);
    else if (roll < 0.3) await sleep(random() * 40);
  }
  worked();
  if (random() < 0.03) throw new Error("as rolled");
}
