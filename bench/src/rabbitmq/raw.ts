/**
 * RabbitMQ by hand, as fast as amqplib goes: a quorum queue, a window of confirms on the way in, a prefetch and one
 * acknowledgement for all of a tick on the way out. No ordering by key over several consumers, no retries, no dead
 * letters, no reconnecting.
 */
import { type Channel, type ConfirmChannel, type ConsumeMessage, connect, type Options } from "amqplib";
import { type Contestant, eventOf, eventType, type Producer, type RunData } from "../contestant.js";
import { text } from "../sample.js";

const prefetch = 300;
const window = 1_024;
export const quorum = { durable: true, arguments: { "x-queue-type": "quorum" } } as const;
const partitions = 8;
/** So many events are one message of the log. */
const bundle = 256;

/** Straight into one queue. */
export const contestant = rawContestant({
  declare: async (channel, name) => {
    await channel.assertQueue(name, quorum);
    return [name];
  },
  publish: (channel, { name }, body, confirmed) => {
    channel.publish("", name, body, { persistent: true }, confirmed);
  },
});

/**
 * As a mesh asks it of a server: a queue and a fanout exchange for each partition, so that other groups may bind theirs; what an
 * event needs to be routed and handled, as properties; and a stream that keeps what was published, in bundles.
 */
export const alike = rawContestant({
  declare: async (channel, name) => {
    await channel.assertQueue(`${name}-log`, { durable: true, arguments: { "x-queue-type": "stream" } });
    const queues = Array.from({ length: partitions }, (_, index) => `${name}-${index}`);
    for (const queue of queues) {
      await channel.assertQueue(queue, quorum);
      await channel.assertExchange(queue, "fanout", { durable: true });
      await channel.bindQueue(queue, queue, "");
    }
    return queues;
  },
  publish: (channel, { name, index }, body, confirmed) => {
    if (index % bundle === 0)
      channel.publish("", `${name}-log`, Buffer.alloc(bundle * body.length, body), { persistent: true });
    const partition = Math.floor((index % bundle) / (bundle / partitions));
    channel.publish(`${name}-${partition}`, "", body, propertiesOf(index), confirmed);
  },
});

/** Where it goes, and how many were published before it. */
interface Event {
  readonly name: string;
  readonly index: number;
}

interface Way {
  /** Returns the queues to consume. */
  declare(channel: Channel, name: string): Promise<readonly string[]>;
  publish(channel: ConfirmChannel, event: Event, body: Buffer, confirmed: Confirmed): void;
}

type Confirmed = (error: unknown) => void;

function propertiesOf(index: number): Options.Publish {
  return {
    persistent: true,
    contentType: "application/cloudevents+json",
    appId: `${Date.now()}-publisher-${index}\t9d9a2c1e-0f6b-4c58-8f0e-${index}\t${eventType}\tkey-${index % 100}`,
  };
}

function rawContestant({ declare, publish }: Way): Contestant {
  return {
    async consume({ url, name }, handled) {
      const connection = await connect(url);
      const channel = await connection.createChannel();
      const queues = await declare(channel, name);
      await channel.prefetch(prefetch);
      const acknowledge = acknowledger(channel);
      const take = (message: ConsumeMessage | null): void => {
        if (message === null) return;
        handled((JSON.parse(message.content.toString()) as { data: RunData }).data);
        acknowledge(message);
      };
      for (const queue of queues) await channel.consume(queue, take);
      return { close: () => connection.close() };
    },

    async produce({ url, name }) {
      const connection = await connect(url);
      const channel = await connection.createConfirmChannel();
      let index = 0;
      const send = (body: string, confirmed: Confirmed): void =>
        publish(channel, { name, index: index++ }, Buffer.from(body), confirmed);
      return {
        flood: (count) => inWindow(count, send),
        send: (sample) =>
          new Promise<void>((resolve, reject) => {
            send(JSON.stringify(eventOf(sample)), (error) => (error ? reject(error) : resolve()));
          }),
        close: () => connection.close(),
      } satisfies Producer;
    },
  };
}

/** Acknowledges all that was handled in a tick at its end, by the last of it: messages are handled in order. */
export function acknowledger(channel: Channel): (message: ConsumeMessage) => void {
  let last: ConsumeMessage | undefined;
  const flush = (): void => {
    if (last !== undefined) channel.ack(last, true);
    last = undefined;
  };
  return (message) => {
    if (last === undefined) setImmediate(flush);
    last = message;
  };
}

/** As many at a time as are waiting for their confirmation at most; the next ones as soon as some are confirmed. */
function inWindow(
  count: number,
  publish: (body: string, confirmed: (error: unknown) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let confirmed = 0;
    const fill = (): void => {
      while (sent < count && sent - confirmed < window) {
        sent += 1;
        publish(text, settled);
      }
    };
    const settled = (error: unknown): void => {
      if (error) reject(error);
      else if (++confirmed === count) resolve();
      else fill();
    };
    fill();
  });
}
