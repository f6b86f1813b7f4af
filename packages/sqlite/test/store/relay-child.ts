/** Relays until told to stop: prints the key and the id of each row. Argument: path. */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { sqliteStore } from "@meshwright/sqlite";

const store = sqliteStore({ path: process.argv[2] ?? "", busyTimeout: "20s" });
await store.open({ clock: systemClock, logger: silentLogger });
let stopping = false;
const told = once(process.stdin, "data").then(() => {
  stopping = true;
});
console.log("relays");
while (!stopping) {
  const batch = await store.outbox.take(5);
  if (batch === undefined) {
    await pause(1);
    continue;
  }
  for (const { message } of batch.rows) console.log(`row ${message.key} ${message.id}`);
  await batch.end({ published: batch.rows.map(({ place }) => place) });
}
await told;
await store.close();
console.log("closed");
process.stdin.unref?.();
