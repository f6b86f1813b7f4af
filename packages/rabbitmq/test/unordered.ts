import { BrokerError } from "@meshwright/core/adapter";
import type { RabbitBroker } from "@meshwright/rabbitmq";

/** The broker without ordered groups: the kit then runs all its cases on groups of one queue. */
export function unordered(broker: RabbitBroker): RabbitBroker {
  const { name, capabilities } = broker;
  return Object.assign(Object.create(broker) as RabbitBroker, bound(broker), {
    name,
    capabilities: { ...capabilities, keyOrder: false },
    async subscribe(request: Parameters<RabbitBroker["subscribe"]>[0]) {
      if (request.ordering === "none") return await broker.subscribe(request);
      throw new BrokerError("TEST_UNORDERED", "This broker has no ordered groups.", { retryable: false });
    },
  });
}

function bound(broker: RabbitBroker): Partial<RabbitBroker> {
  return {
    open: (context) => broker.open(context),
    publish: (channel, messages) => broker.publish(channel, messages),
    close: () => broker.close(),
    history: (request) => broker.history(request),
    deadLetters: (request) => broker.deadLetters(request),
    redrive: (request) => broker.redrive(request),
    purge: (request) => broker.purge(request),
  };
}
