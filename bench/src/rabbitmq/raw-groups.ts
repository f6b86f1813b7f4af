/** Many groups or channels by hand: a fanout exchange for each channel, a quorum queue for each group, one connection. */
import { connect } from "amqplib";
import {
  batchesFor,
  type Contestant,
  dealer,
  eventOf,
  inBatches,
  names,
  type RunData,
} from "../contestant.js";
import { text } from "../sample.js";
import { acknowledger, quorum } from "./raw.js";

export const contestant: Contestant = {
  async consume({ url, name, channels, groups }, handled) {
    const connection = await connect(url);
    const channel = await connection.createChannel();
    // Of each consumer, as everywhere.
    await channel.prefetch(300);
    const acknowledge = acknowledger(channel);
    const join = async (exchange: string, group: string): Promise<void> => {
      const queue = `${exchange}-${group}`;
      await channel.assertQueue(queue, quorum);
      await channel.bindQueue(queue, exchange, "");
      await channel.consume(queue, (message) => {
        if (message === null) return;
        handled((JSON.parse(message.content.toString()) as { data: RunData }).data);
        acknowledge(message);
      });
    };
    for (const exchange of names(name, channels)) {
      await channel.assertExchange(exchange, "fanout", { durable: true });
      for (const group of names("group", groups)) await join(exchange, group);
    }
    return { close: () => connection.close() };
  },

  async produce({ url, name, channels }) {
    const connection = await connect(url);
    const channel = await connection.createConfirmChannel();
    const exchange = dealer(names(name, channels));
    const publish = (body: string): void => {
      channel.publish(exchange(), "", Buffer.from(body), { persistent: true });
    };
    const send = (size: number): Promise<void> => {
      for (let i = 0; i < size; i++) publish(text);
      return channel.waitForConfirms();
    };
    return {
      flood: (count) => inBatches(count, batchesFor(channels), send),
      send(one) {
        publish(JSON.stringify(eventOf(one)));
        return channel.waitForConfirms();
      },
      close: () => connection.close(),
    };
  },
};
