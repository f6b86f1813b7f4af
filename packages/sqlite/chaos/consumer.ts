/** A process that handles messages of one group until it is killed, or until it is asked to stop. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery, Settlement, Subscription } from "@meshwright/core/adapter";
import { type Entry, groupFile, type Named, openLedger } from "./ledger.js";
import { seeded, seedOf } from "./random.js";
import { channel, groups, openBroker } from "./setup.js";

const [folder = "", name = "", seed = "1", groupName = ""] = process.argv.slice(2);
const random = seeded(seedOf(`${seed} ${name}`));
const group = groups.find((one) => one.name === groupName);
if (!group) throw new Error(`There is no group ${groupName}.`);
const write = openLedger(groupFile(folder, group.name));
const failure = { reason: "failed", code: "CHAOS", message: "as rolled" } as const;
let stale = 0;

function nameOf({ message }: Delivery): Named {
  return {
    id: message.id,
    key: message.key,
    number: Number(message.id.slice(message.id.lastIndexOf("-") + 1)),
  };
}

/** Handles one delivery, or releases it: after a retry, what follows of its key has to wait. */
function handle(delivery: Delivery, waiting: Set<string>): Settlement {
  const message = nameOf(delivery);
  if (waiting.has(message.key)) return { delivery, outcome: "release" };
  const roll = random();
  const outcome = roll < 0.03 ? "retry" : roll < 0.04 ? "release" : "ack";
  if (outcome !== "ack" && group?.ordering === "key") waiting.add(message.key);
  write([{ kind: "handled", by: name, message, attempt: delivery.attempt, outcome }]);
  if (outcome === "retry") return { delivery, outcome, delayMs: Math.floor(random() * 200), failure };
  return { delivery, outcome };
}

async function settle(subscription: Subscription, settlements: readonly Settlement[]): Promise<void> {
  const before = stale;
  await subscription.settle(settlements);
  if (stale > before) return;
  const acked = settlements.filter((one) => one.outcome === "ack");
  write(acked.map((one): Entry => ({ kind: "acked", message: nameOf(one.delivery) })));
}

const broker = await openBroker(folder, (report) => {
  if (report.kind === "stale-settlement") stale += report.count;
});
const subscription = await broker.subscribe({
  channel,
  group: group.name,
  ordering: group.ordering,
  from: "earliest",
  prefetch: 64,
});
process.once("disconnect", () => process.exit());
process.once("message", () => void broker.close().then(() => process.exit()));
process.send?.("ready");

for await (const batch of subscription) {
  const waiting = new Set<string>();
  const settlements: Settlement[] = [];
  for (const delivery of batch) {
    if (random() < 0.05) await sleep(random() * 5);
    settlements.push(handle(delivery, waiting));
  }
  await settle(subscription, settlements);
}
