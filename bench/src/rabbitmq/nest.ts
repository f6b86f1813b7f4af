/**
 * NestJS on RabbitMQ, with a durable quorum queue, persistent messages and acknowledgements by the handler: as safe as it
 * gets. Left alone it has none of the three.
 */
import { type RmqContext, Transport } from "@nestjs/microservices";
import type { Site } from "../contestant.js";
import { nestContestant } from "../nest.js";

const options = ({ url, name: queue }: Site) => ({
  urls: [url],
  queue,
  queueOptions: { durable: true, arguments: { "x-queue-type": "quorum" } },
});

export const contestant = nestContestant({
  server: (site) => ({
    transport: Transport.RMQ,
    options: { ...options(site), noAck: false, prefetchCount: 300 },
  }),
  client: (site) => ({ transport: Transport.RMQ, options: { ...options(site), persistent: true } }),
  settle(context) {
    const { getChannelRef, getMessage } = context as RmqContext;
    getChannelRef.call(context).ack(getMessage.call(context));
  },
});
