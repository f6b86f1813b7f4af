/** The channels this connection publishes to: made on first use, messages put at their place, unroutable ones tried once more. */
import { type Clock, type Logger, partitionOf, refusals, type WireMessage } from "@meshwright/core/adapter";
import { applyChannel } from "./declare.js";
import { isMissing, unroutable } from "./errors.js";
import { Later } from "./later.js";
import type { Link } from "./link.js";
import { channelName, routingKey } from "./names.js";
import { offsetMaker } from "./offsets.js";
import type { Settings } from "./options.js";
import type { Outgoing, Publisher } from "./publisher.js";
import { channelTopology, fanoutName, laterName } from "./topology.js";
import { bodyOf, propertiesOf } from "./wire.js";

/** The default `max_message_size` of a 4.x server. */
export const maxBodyBytes: number = 16 * 1024 * 1024;

export interface ChannelsParts {
  readonly settings: Settings;
  readonly namespace: string;
  readonly link: Link;
  /** For what is read: an alarm stops the server from reading on the other one. */
  readonly consuming: Link;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Channels {
  readonly #parts: ChannelsParts;
  readonly #nextOffset: () => string;
  /** Channels that are there, or are being made. */
  readonly #ready: Map<string, Promise<void> | true> = new Map();
  readonly #later: Map<string, Later> = new Map();
  #closed = false;

  constructor(parts: ChannelsParts) {
    this.#parts = parts;
    this.#nextOffset = offsetMaker(() => parts.clock.now());
  }

  /** Makes what a channel is made of, once. */
  ensure(channel: string): Promise<void> | true {
    const known = this.#ready.get(channel);
    if (known !== undefined) return known;
    const { settings, namespace, link } = this.#parts;
    const { partitions, topology: mode } = settings;
    const plan = channelTopology(settings, namespace, channel);
    const making = applyChannel(link, plan, { mode, channel, partitions }).then(
      () => void this.#ready.set(channel, true),
      (error: unknown) => {
        this.#ready.delete(channel);
        throw error;
      },
    );
    this.#ready.set(channel, making);
    return making;
  }

  /** Looks again, at the next use, whether it is there. */
  forget(channel: string): void {
    this.#ready.delete(channel);
  }

  /** Takes part in publishing what is due later. */
  watchLater(channel: string): void {
    if (this.#later.has(channel) || this.#closed) return;
    const { namespace, publisher, consuming: link, clock, logger } = this.#parts;
    const name = channelName(namespace, channel);
    const queue = laterName(name);
    const nextOffset = this.#nextOffset;
    this.#later.set(channel, new Later({ channel: name, queue, link, publisher, clock, logger, nextOffset }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#later.values()].map((later) => later.close()));
  }

  async publish(channel: string, messages: readonly WireMessage[]): Promise<void> {
    for (const { body } of messages) if (tooLarge(body)) throw refusals.bodyTooLarge(maxBodyBytes);
    // The offsets are those of the order of the calls, and so are the bytes.
    const outgoing = messages.map((message) => this.#outgoing(channel, message));
    const ready = this.ensure(channel);
    if (ready instanceof Promise) await ready;
    if (messages.some(({ deliverAt }) => deliverAt !== undefined)) this.watchLater(channel);
    try {
      const returned = await this.#parts.publisher.send(outgoing);
      if (returned.length > 0) await this.#again(channel, returned);
    } catch (error) {
      // Somebody may have deleted it: the next call makes it again.
      if (isMissing(error)) this.forget(channel);
      throw error;
    }
  }

  async #again(channel: string, returned: readonly Outgoing[]): Promise<void> {
    this.#ready.delete(channel);
    await this.ensure(channel);
    const still = await this.#parts.publisher.send(returned);
    if (still.length > 0) throw unroutable(channel);
  }

  #outgoing(channel: string, message: WireMessage): Outgoing {
    const { settings, namespace } = this.#parts;
    const { type, key, deliverAt } = message;
    const properties = propertiesOf(message, this.#nextOffset());
    const name = channelName(namespace, channel);
    const partition = partitionOf(key, settings.partitions);
    if (deliverAt !== undefined && deliverAt > this.#parts.clock.now()) {
      properties.headers["mw-due"] = deliverAt;
      properties.headers["mw-route"] = routingKey(partition, type);
      return { exchange: "", key: laterName(name), body: bodyOf(message), properties };
    }
    properties.mandatory = true;
    const exchange = fanoutName(name, partition);
    return { exchange, key: routingKey(partition, type), body: bodyOf(message), properties };
  }
}

function tooLarge(body: string | Uint8Array): boolean {
  if (typeof body !== "string") return body.byteLength > maxBodyBytes;
  return body.length > maxBodyBytes / 3 && Buffer.byteLength(body) > maxBodyBytes;
}
