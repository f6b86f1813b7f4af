/** What is killed: does one step on a store, says so, and stands still. Arguments: path, step, lease in milliseconds. */
import { once } from "node:events";
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { sqliteStore } from "@meshwright/sqlite";

const [path = "", step = "", lease = "30000"] = process.argv.slice(2);
const store = sqliteStore({ path, lease: Number(lease) });
await store.open({ clock: systemClock, logger: silentLogger });

async function standStill(): Promise<void> {
  console.log("stands still");
  await once(process.stdin, "data");
}

await store.transaction(async (tx) => {
  const message = { id: step, type: "t", key: "k", contentType: "text/plain", headers: {}, body: "" };
  await tx.append([{ channel: "orders", message }]);
  if (step === "relay") return;
  await tx.claim({ group: "g", source: "s", id: step });
  tx.client.prepare("INSERT INTO own VALUES (?)").run(step);
  if (step === "within") await standStill();
});
const batch = step === "relay" ? await store.outbox.take(10) : undefined;
await standStill();
const ended = batch?.end({ published: batch.rows.map(({ place }) => place) });
console.log(await ended?.then(() => "ended").catch((error: { readonly code: string }) => error.code));
await store.close();
