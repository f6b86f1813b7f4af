import { BrokerError } from "@meshwright/core/adapter";
import type { RedisBroker } from "@meshwright/redis";

/** The broker without ordered groups: the kit then runs all its cases on groups that share every partition. */
export function unordered(broker: RedisBroker): RedisBroker {
  return {
    name: broker.name,
    capabilities: { ...broker.capabilities, keyOrder: false },
    open: (context) => broker.open(context),
    publish: (channel, messages) => broker.publish(channel, messages),
    async subscribe(request) {
      if (request.ordering === "none") return await broker.subscribe(request);
      throw new BrokerError("TEST_UNORDERED", "This broker has no ordered groups.", { retryable: false });
    },
    close: () => broker.close(),
    history: (request) => broker.history(request),
    deadLetters: (request) => broker.deadLetters(request),
    redrive: (request) => broker.redrive(request),
    purge: (request) => broker.purge(request),
    inspect: () => broker.inspect(),
  };
}
