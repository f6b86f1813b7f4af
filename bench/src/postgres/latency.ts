/** From the commit of a transaction to the handler of its event, on a system that has nothing else to do. */
import { createMesh, memoryBroker, memoryServer } from "@meshwright/core";
import { postgresStore } from "@meshwright/postgres";
import { catalog, data, type } from "../sample.js";
import { median, printTable } from "../table.js";

const events = 300;
const pauseMs = 20;

/** The relay is another process's: it has a store of its own, and hears of a commit by LISTEN. */
export async function latency(url: string): Promise<void> {
  const server = memoryServer();
  const service = "bench";
  const store = postgresStore({ url, prefix: "latency" });
  await store.migrate();
  const writer = createMesh({ service, catalog, broker: memoryBroker({ server }), store, relay: false });
  const relayStore = postgresStore({ url, prefix: "latency" });
  const reader = createMesh({ service, catalog, broker: memoryBroker({ server }), store: relayStore });
  let handled: () => void = () => undefined;
  reader.on(type, () => handled());
  await reader.start();
  await writer.start();
  const values: number[] = [];
  for (let nr = 0; nr < events; nr++) {
    const arrives = new Promise<number>((resolve) => {
      handled = () => resolve(performance.now());
    });
    await store.transaction((tx) => writer.publish(type, data, { tx }));
    const committed = performance.now();
    values.push(Math.max(0, (await arrives) - committed));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  await writer.stop();
  await reader.stop();
  const sorted = [...values].sort((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  const middle = median(values);
  printTable({
    title: `PostgreSQL: from commit to handler, ${events} events one by one, idle`,
    measure: "milliseconds",
    rows: [{ name: "meshwright: relay of another store, broker in memory", values, more: [p99.toFixed(1)] }],
    more: ["p99"],
    figure: (ms) => ms.toFixed(1),
    note: `Median under 15 ms: ${middle < 15 ? "met" : "MISSED"}`,
  });
}
