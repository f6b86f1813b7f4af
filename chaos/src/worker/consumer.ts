/** A process that is a member of every group, with handlers that now and then fail, take long, or give up. */
import { setTimeout as sleep } from "node:timers/promises";
import { RetryableError, retry, TerminalError } from "@meshwright/core";
import { type Group, groups } from "../groups.js";
import type { Delivered, Outcome } from "../ledger.js";
import { seeded, seedOf } from "../random.js";
import { nowMs } from "../time.js";
import { eventType, runWorker, type Worker } from "./process.js";

// Nothing that fails by chance alone comes to its end.
const patience = retry({ immediate: 3, delayed: Array.from({ length: 60 }, () => "200ms" as const) });

await runWorker(
  (mesh, worker) => {
    const { seed, name } = worker.settings;
    const random = seeded(seedOf(`${seed} ${name}`));
    for (const group of groups) {
      const { name: groupName, ordering, concurrency } = group;
      mesh.on(
        eventType,
        { name: groupName, ordering, concurrency, retry: patience, from: "earliest" },
        ({ id }, { attempt }) => handle([id, attempt], group, worker, random),
      );
    }
  },
  () => Promise.resolve(),
);

async function handle(one: Delivered, group: Group, worker: Worker, random: () => number): Promise<void> {
  worker.write({ kind: "begun", at: nowMs(), group: group.name, one });
  const duration = durationMs(random, worker.settings.leaseMs);
  if (duration > 0) await sleep(duration);
  const outcome = outcomeOf(one[0], group, random);
  worker.write({ kind: "ended", at: nowMs(), group: group.name, one, outcome });
  // All members have a share in this group, whatever the keys.
  if (group.ordering === "none") worker.worked();
  if (outcome === "terminal") throw new TerminalError("given up on purpose");
  if (outcome === "ok") return;
  if (random() < 0.5) throw new RetryableError("later", { after: Math.floor(50 + random() * 350) });
  throw new Error("as rolled");
}

/** Half of them take no time, the others some, so that a fault finds something in flight; a few longer than the lease, which must not matter to a live process. */
function durationMs(random: () => number, leaseMs: number): number {
  const roll = random();
  if (roll < 0.002) return 1.3 * leaseMs;
  return roll < 0.5 ? random() * 60 : 0;
}

/** Whether an event is given up is the same for every process and attempt. */
function outcomeOf(id: string, group: Group, random: () => number): Outcome {
  if (seedOf(`${group.name} ${id}`) / 2 ** 32 < group.terminal) return "terminal";
  return random() < group.failing ? "failed" : "ok";
}
