/**
 * RabbitMQ by hand, as fast as amqplib goes: a quorum queue, a window of confirms on the way in, a prefetch and one
 * acknowledgement for all of a tick on the way out. No ordering by key over several consumers, no retries, no dead
 * letters, no reconnecting.
 */
import { type Channel, type ConsumeMessage, connect } from "amqplib";
import { type Contestant, eventOf, type Producer, type RunData } from "../contestant.js";
import { text } from "../sample.js";

const prefetch = 300;
const window = 1_024;
export const quorum = { durable: true, arguments: { "x-queue-type": "quorum" } } as const;
const stream = { durable: true, arguments: { "x-queue-type": "stream" } } as const;

/** Straight into the queue. */
export const contestant = rawContestant("", async (channel, name) => {
  await channel.assertQueue(name, quorum);
});

/** By a topic exchange into the queue, and into a stream that keeps what was published for those who come later. */
export const withLog = rawContestant("bench", async (channel, name) => {
  await channel.assertExchange("bench", "topic", { durable: true });
  await channel.assertQueue(name, quorum);
  await channel.assertQueue(`${name}-log`, stream);
  await channel.bindQueue(name, "bench", name);
  await channel.bindQueue(`${name}-log`, "bench", name);
});

function rawContestant(
  exchange: string,
  declare: (channel: Channel, name: string) => Promise<void>,
): Contestant {
  return {
    async consume({ url, name }, handled) {
      const connection = await connect(url);
      const channel = await connection.createChannel();
      await declare(channel, name);
      await channel.prefetch(prefetch);
      const acknowledge = acknowledger(channel);
      await channel.consume(name, (message) => {
        if (message === null) return;
        handled((JSON.parse(message.content.toString()) as { data: RunData }).data);
        acknowledge(message);
      });
      return { close: () => connection.close() };
    },

    async produce({ url, name }) {
      const connection = await connect(url);
      const channel = await connection.createConfirmChannel();
      const publish = (body: string, confirmed: (error: unknown) => void): void => {
        channel.publish(exchange, name, Buffer.from(body), { persistent: true }, confirmed);
      };
      return {
        flood: (count) => inWindow(count, publish),
        send: (sample) =>
          new Promise<void>((resolve, reject) => {
            publish(JSON.stringify(eventOf(sample)), (error) => (error ? reject(error) : resolve()));
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
