/** A process that only relays. */
import type { Broker } from "@meshwright/core";
import { runStoreWorker } from "./process.js";

await runStoreWorker({
  relay: true,
  broker: (broker, worker) => telling(broker, () => worker.worked()),
});

function telling(broker: Broker, published: () => void): Broker {
  return {
    name: broker.name,
    capabilities: { ...broker.capabilities, replay: false, deadLetters: false, inspection: false },
    open: (context) => broker.open(context),
    subscribe: (request) => broker.subscribe(request),
    close: () => broker.close(),
    async publish(channel, messages) {
      await broker.publish(channel, messages);
      published();
    },
  };
}
