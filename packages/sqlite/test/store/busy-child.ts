/** Has one transaction after another, without a pause between them, until it is killed. Argument: path. */
import { setTimeout as pause } from "node:timers/promises";
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { sqliteStore } from "@meshwright/sqlite";

const store = sqliteStore({ path: process.argv[2] ?? "", busyTimeout: "20s" });
await store.open({ clock: systemClock, logger: silentLogger });

async function again(): Promise<never> {
  for (;;) {
    await store.transaction(async ({ client }) => {
      client.exec("INSERT INTO own VALUES ('busy')");
      await pause(20);
    });
  }
}

const both = Promise.all([again(), again()]);
console.log("busy");
await both;
