/** Appends to the same streams as others, and says what it has appended, until told to stop. Arguments: path, name. */
import { once } from "node:events";
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { sqliteStore } from "@meshwright/sqlite";

const [path = "", name = ""] = process.argv.slice(2);
const store = sqliteStore({ path, busyTimeout: "20s" });
await store.open({ clock: systemClock, logger: silentLogger });
let stopping = false;
const told = once(process.stdin, "data").then(() => {
  stopping = true;
});

/** A few events, and sometimes what is rolled back. */
async function append(turn: number): Promise<void> {
  const stream = `order/${turn % 3}`;
  const events = Array.from({ length: 1 + (turn % 4) }, (_, at) => ({
    specversion: "1.0" as const,
    id: `${name}-${turn}-${at}`,
    source: "/shop",
    type: "test.v1",
    data: null,
  }));
  if (turn % 5 > 0) {
    const { version } = await store.streams.append(stream, "any", events);
    console.log(`appended ${stream} ${version} ${events.map(({ id }) => id).join()}`);
    return;
  }
  const rolledBack = store.transaction(async (tx) => {
    await store.streams.append(stream, "any", events, { tx });
    throw new Error("rolled back");
  });
  await rolledBack.catch(() => undefined);
}

console.log("appends");
for (let turn = 1; !stopping; turn++) await append(turn);
await told;
await store.close();
console.log("closed");
process.stdin.unref?.();
