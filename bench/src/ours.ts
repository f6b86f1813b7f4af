/** Meshwright as a contestant, on whatever broker: the broker alone, and the whole mesh. */
import { createMesh } from "@meshwright/core";
import {
  type Broker,
  type Subscription,
  silentLogger,
  systemClock,
  type WireMessage,
} from "@meshwright/core/adapter";
import {
  batchesFor,
  type Contestant,
  dealer,
  eventOf,
  eventType,
  inBatches,
  names,
  nextKey,
  type RunData,
  type Site,
  sample,
} from "./contestant.js";
import { catalog, event, text } from "./sample.js";

type Connect = (url: string) => Broker;

const prefetch = 2_048;

/** The broker contract, doing what the raw client does: bytes in, bytes out, JSON.parse of them. */
export function brokerContestant(connect: Connect): Contestant {
  return {
    async consume({ url, name, ordering, channels, groups }, handled) {
      const broker = await opened(connect(url), name);
      const join = async (channel: string, group: string): Promise<void> => {
        const request = { channel, group, ordering, from: "earliest", prefetch } as const;
        void work(await broker.subscribe(request), handled);
      };
      for (const channel of names("channel", channels)) {
        await Promise.all(names("group", groups).map((group) => join(channel, group)));
      }
      return { close: () => broker.close() };
    },

    async produce({ url, name, channels }) {
      const broker = await opened(connect(url), name);
      const channel = dealer(names("channel", channels));
      const send = (size: number): Promise<void> =>
        broker.publish(
          channel(),
          Array.from({ length: size }, () => message(text)),
        );
      return {
        flood: (count) => inBatches(count, batchesFor(channels), send),
        send: (one) => broker.publish(channel(), [message(JSON.stringify(eventOf(one)))]),
        close: () => broker.close(),
      };
    },
  };
}

async function work(subscription: Subscription, handled: (data: RunData) => void): Promise<void> {
  for await (const deliveries of subscription) {
    const acks = deliveries.map((delivery) => {
      handled((JSON.parse(textOf(delivery.message.body)) as { data: RunData }).data);
      return { delivery, outcome: "ack" } as const;
    });
    void subscription.settle(acks);
  }
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
          inBatches(count, batchesFor(1), (size) => mesh.publishAll(Array.from({ length: size }, entry))),
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
  if (typeof body === "string") return body;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
}
