/** Meshwright as a contestant, on whatever broker: the broker alone, and the whole mesh. */
import { createMesh } from "@meshwright/core";
import { type Broker, silentLogger, systemClock, type WireMessage } from "@meshwright/core/adapter";
import {
  type Contestant,
  eventOf,
  eventType,
  inBatches,
  nextKey,
  type RunData,
  type Site,
  sample,
} from "./contestant.js";
import { catalog, event, text } from "./sample.js";

type Connect = (url: string) => Broker;

/** As large as the raw client's pipelines. More than two under way, as one call is one command here. */
const batches = { size: 256, underWay: 4 } as const;
const prefetch = 2_048;

/** The broker contract, doing what the raw client does: bytes in, bytes out, JSON.parse of them. */
export function brokerContestant(connect: Connect): Contestant {
  return {
    async consume({ url, name, ordering }, handled) {
      const broker = await opened(connect(url), name);
      const subscription = await broker.subscribe({
        channel: "events",
        group: "bench",
        ordering,
        from: "earliest",
        prefetch,
      });
      const work = async (): Promise<void> => {
        for await (const deliveries of subscription) {
          const acks = deliveries.map((delivery) => {
            handled((JSON.parse(textOf(delivery.message.body)) as { data: RunData }).data);
            return { delivery, outcome: "ack" } as const;
          });
          void subscription.settle(acks);
        }
      };
      const working = work();
      return {
        async close() {
          await subscription.close();
          await working;
          await broker.close();
        },
      };
    },

    async produce({ url, name }) {
      const broker = await opened(connect(url), name);
      const send = (size: number): Promise<void> =>
        broker.publish(
          "events",
          Array.from({ length: size }, () => message(text)),
        );
      return {
        flood: (count) => inBatches(count, batches, send),
        send: (one) => broker.publish("events", [message(JSON.stringify(eventOf(one)))]),
        close: () => broker.close(),
      };
    },
  };
}

/** Typed, validated and encoded on the way in; decoded, validated and routed to a handler on the way out. */
export function meshContestant(connect: Connect): Contestant {
  const create = ({ url, name }: Site, service: string) =>
    createMesh({ service, namespace: name, catalog, broker: connect(url) });
  return {
    async consume(site, handled) {
      const mesh = create(site, "consumer");
      const { ordering } = site;
      mesh.on(eventType, { ordering, from: "earliest", concurrency: 256, prefetch }, async ({ data }) =>
        handled(data as RunData),
      );
      await mesh.start();
      return { close: () => mesh.stop() };
    },

    async produce(site) {
      const mesh = create(site, "producer");
      await mesh.start();
      const entry = () => ({ type: eventType, data: sample, subject: nextKey() }) as const;
      return {
        flood: (count) =>
          inBatches(count, batches, (size) => mesh.publishAll(Array.from({ length: size }, entry))),
        send: (one) => mesh.publish(eventType, one, { subject: nextKey() }),
        close: () => mesh.stop(),
      };
    },
  };
}

async function opened(broker: Broker, namespace: string): Promise<Broker> {
  const report = (): void => undefined;
  await broker.open({ namespace, service: "bench", clock: systemClock, logger: silentLogger, report });
  return broker;
}

let made = 0;

function message(body: string): WireMessage {
  const contentType = "application/cloudevents+json";
  return { id: `${event.id}-${made++}`, type: eventType, key: nextKey(), contentType, headers: {}, body };
}

function textOf(body: string | Uint8Array): string {
  return typeof body === "string" ? body : Buffer.from(body).toString();
}
