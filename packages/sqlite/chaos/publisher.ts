/** A process that publishes until it is killed: some calls at once, few messages each, its own keys. */
import { setTimeout as sleep } from "node:timers/promises";
import type { WireMessage } from "@meshwright/core/adapter";
import { type Named, openLedger, publishedFile } from "./ledger.js";
import { seeded, seedOf } from "./random.js";
import { channel, openBroker } from "./setup.js";

const [folder = "", name = "", seed = "1"] = process.argv.slice(2);
const random = seeded(seedOf(`${seed} ${name}`));
const confirm = openLedger(publishedFile(folder));
const numbers = new Map<string, number>();
const callsAtOnce = 16;

function nextMessage(): Named {
  const key = `${name}-key-${Math.floor(random() * 12)}`;
  const number = (numbers.get(key) ?? 0) + 1;
  numbers.set(key, number);
  return { id: `${key}-${number}`, key, number };
}

function wireMessage({ id, key, number }: Named): WireMessage {
  const body = JSON.stringify({ number, padding: "x".repeat(Math.floor(random() * 800)) });
  return { id, key, type: "chaos.v1", contentType: "application/json", headers: {}, body };
}

async function publishForEver(publish: (messages: readonly WireMessage[]) => Promise<void>): Promise<void> {
  for (;;) {
    const named = Array.from({ length: 1 + Math.floor(random() * 4) }, nextMessage);
    await publish(named.map(wireMessage));
    confirm(named.map((message) => ({ kind: "confirmed", message })));
    await sleep(random() * 40);
  }
}

process.once("disconnect", () => process.exit());
// Asked to stop: what is under way is confirmed or not, as if the process had died here.
process.once("message", () => process.exit());
const broker = await openBroker(folder);
process.send?.("ready");
await Promise.all(
  Array.from({ length: callsAtOnce }, () => publishForEver((messages) => broker.publish(channel, messages))),
);
