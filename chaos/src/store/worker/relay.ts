/** A process that only relays, to a broker that is slow now and then, so that a fault finds something on its way. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Broker } from "@meshwright/core";
import { runStoreWorker, type StoreWorker } from "./process.js";

const longestPauseMs = 200;

await runStoreWorker({ relay: true, broker: slow });

function slow(broker: Broker, { random, worked }: StoreWorker): Broker {
  const pause = async (): Promise<void> => {
    if (random() < 0.3) await sleep(random() * longestPauseMs);
  };
  return {
    name: broker.name,
    capabilities: { ...broker.capabilities, replay: false, deadLetters: false, inspection: false },
    open: (context) => broker.open(context),
    subscribe: (request) => broker.subscribe(request),
    close: () => broker.close(),
    async publish(channel, messages) {
      await pause();
      await broker.publish(channel, messages);
      worked();
      await pause();
    },
  };
}
