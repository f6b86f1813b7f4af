/** Reads a stream queue from a place to what is stored now. A mark that is put behind it says where that ends. */

import { randomUUID } from "node:crypto";
import { Signal } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { brokerError } from "./errors.js";
import { goodbye, type Link } from "./link.js";
import type { Publisher } from "./publisher.js";

export interface StreamSource {
  readonly queue: string;
  /** The beginning, seconds since the epoch, or a place in the stream. */
  readonly from: "first" | { readonly seconds: number } | { readonly offset: number };
}

/** A message may be a bundle of many events. */
const prefetch = 100;

export const isMark = (message: ConsumeMessage): boolean =>
  message.properties.headers?.["mw-mark"] !== undefined;

export async function* readStream(
  link: Link,
  publisher: Publisher,
  { queue, from }: StreamSource,
  ended: (offset: number) => void = () => undefined,
): AsyncGenerator<readonly ConsumeMessage[]> {
  const mark = randomUUID();
  await publisher.send([
    {
      exchange: "",
      key: queue,
      body: Buffer.alloc(0),
      properties: { persistent: true, headers: { "mw-mark": mark } },
    },
  ]);
  const channel = await link.channel();
  const signal = new Signal();
  let arrived: ConsumeMessage[] = [];
  let gone = false;
  let broken: unknown;
  channel.on("error", (error) => {
    broken = error;
  });
  channel.on("close", () => {
    gone = true;
    signal.notify();
  });
  try {
    await channel.prefetch(prefetch);
    const take = (message: ConsumeMessage | null): void => {
      if (message) arrived.push(message);
      else gone = true;
      signal.notify();
    };
    await channel.consume(queue, take, { arguments: { "x-stream-offset": offsetOf(from) } });
    for (;;) {
      const seen = signal.version;
      const batch = arrived;
      arrived = [];
      const last = batch.findIndex((one) => one.properties.headers?.["mw-mark"] === mark);
      const wanted = (last < 0 ? batch : batch.slice(0, last)).filter((one) => !isMark(one));
      if (wanted.length > 0) yield wanted;
      if (last >= 0) {
        ended(Number((batch[last] as ConsumeMessage).properties.headers?.["x-stream-offset"]));
        return;
      }
      if (gone) throw brokerError(broken, `consuming queue "${queue}"`);
      const newest = batch.at(-1);
      if (newest) channel.ack(newest, true);
      await signal.wait(seen);
    }
  } finally {
    if (!gone) await goodbye(channel);
  }
}

function offsetOf(from: StreamSource["from"]): unknown {
  if (from === "first") return from;
  return "offset" in from ? from.offset : { "!": "timestamp", value: from.seconds };
}
