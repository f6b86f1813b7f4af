/** `rabbitmq-client` with its Publisher and Consumer, on a quorum queue, and as much under way as the raw client has. */
import { Connection } from "rabbitmq-client";
import { type Contestant, eventOf, inBatches, type RunData, sample } from "../contestant.js";

const queueOptions = { durable: true, arguments: { "x-queue-type": "quorum" } } as const;

export const contestant: Contestant = {
  async consume({ url, name }, handled) {
    const connection = new Connection(url);
    const consumer = connection.createConsumer(
      { queue: name, queueOptions, qos: { prefetchCount: 300 } },
      async (message) => handled((message.body as { readonly data: RunData }).data),
    );
    await new Promise<void>((resolve) => consumer.on("ready", resolve));
    return {
      async close() {
        await consumer.close();
        await connection.close();
      },
    };
  },

  async produce({ url, name }) {
    const connection = new Connection(url);
    const publisher = connection.createPublisher({ confirm: true, maxAttempts: 2 });
    const send = (event: unknown): Promise<void> =>
      publisher.send({ routingKey: name, durable: true }, event);
    return {
      flood: (count) => inBatches(count, { size: 1, underWay: 1_024 }, () => send(eventOf(sample))),
      send: (one) => send(eventOf(one)),
      async close() {
        await publisher.close();
        await connection.close();
      },
    };
  },
};
