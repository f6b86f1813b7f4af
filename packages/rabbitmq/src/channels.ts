/** The channels this connection publishes to: made on first use, messages put at their place, unroutable ones tried once more. */
import { type Clock, type Logger, partitionOf, refusals, type WireMessage } from "@meshwright/core/adapter";
import { logEntry, type Placed, partsOf } from "./bundle.js";
import type { ConsumingLinks } from "./consuming-links.js";
import { applyChannel } from "./declare.js";
import { headersTooLarge, isMissing, unroutable } from "./errors.js";
import { Later } from "./later.js";
import type { Link } from "./link.js";
import { channelName, routingKey } from "./names.js";
import { offsetMaker } from "./offsets.js";
import type { Settings } from "./options.js";
import type { Outgoing } from "./outgoing.js";
import type { Publisher } from "./publisher.js";
import { channelTopology, fanoutName, laterName, logName } from "./topology.js";
import { bodyOf, propertiesOf, readMessage, salvage } from "./wire.js";

/** What amqplib has room for, less what is ours. */
const mostHeaderBytes = 64 * 1024 - 2_048;
/** The default `max_message_size` of a 4.x server. */
export const maxBodyBytes: number = 16 * 1024 * 1024;

export interface ChannelsParts {
  readonly settings: Settings;
  readonly namespace: string;
  readonly link: Link;
  /** For what is read: an alarm stops the server from reading on the other one. */
  readonly consuming: ConsumingLinks;
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
    const { namespace, consuming, clock, logger } = this.#parts;
    const { link } = consuming.take(1);
    const later = new Later({
      where: { channel },
      queues: [laterName(channelName(namespace, channel))],
      link,
      clock,
      logger,
      move: (messages) => {
        const due = messages.map((message) => (readMessage(message) ?? salvage(message)).message);
        return this.#send(channel, this.#toGroups(channel, due));
      },
      // Who publishes next makes it again.
      restore: () => Promise.resolve(),
    });
    this.#later.set(channel, later);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#later.values()].map((later) => later.close()));
  }

  async publish(channel: string, messages: readonly WireMessage[]): Promise<void> {
    for (const message of messages) {
      if (sizeOf(message.body) > maxBodyBytes) throw refusals.bodyTooLarge(maxBodyBytes);
      if (hasLongHeaders(message)) throw headersTooLarge();
    }
    const now = this.#parts.clock.now();
    const [due, later] = split(messages, ({ deliverAt }) => deliverAt === undefined || deliverAt <= now);
    // The offsets are those of the order of the calls, and so are the bytes.
    const outgoing = [...this.#toGroups(channel, due), ...this.#toLater(channel, later)];
    const ready = this.ensure(channel);
    if (ready instanceof Promise) await ready;
    if (later.length > 0) this.watchLater(channel);
    await this.#send(channel, outgoing);
  }

  async #send(channel: string, outgoing: readonly Outgoing[]): Promise<void> {
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

  /** First into the log, which says that it was published, then to the groups, of which there may be none. */
  #toGroups(channel: string, messages: readonly WireMessage[]): Outgoing[] {
    const name = channelName(this.#parts.namespace, channel);
    const placed = messages.map(
      (message): Placed => ({ message, offset: this.#nextOffset(), size: sizeOf(message.body) }),
    );
    return partsOf(placed).flatMap((part) => {
      const { entry, bodies } = logEntry(logName(name), part);
      return [entry, ...this.#inRows(name, part, bodies)];
    });
  }

  /** Partition by partition: queues work faster on what comes in a row. Those of a key are of one partition and stay in order. */
  #inRows(name: string, part: readonly Placed[], bodies: readonly Buffer[]): Outgoing[] {
    const { partitions } = this.#parts.settings;
    const rows: Outgoing[][] = Array.from({ length: partitions }, () => []);
    for (const [index, { message, offset }] of part.entries()) {
      const partition = partitionOf(message.key, partitions);
      rows[partition]?.push({
        exchange: fanoutName(name, partition),
        key: routingKey(partition, message.type),
        body: bodies[index] as Buffer,
        properties: propertiesOf(message, offset),
      });
    }
    return rows.flat();
  }

  #toLater(channel: string, messages: readonly WireMessage[]): Outgoing[] {
    const key = laterName(channelName(this.#parts.namespace, channel));
    return messages.map((message) => {
      const properties = propertiesOf(message, this.#nextOffset());
      properties.headers["mw-due"] = message.deliverAt;
      return { exchange: "", key, body: bodyOf(message), properties: { ...properties, mandatory: true } };
    });
  }
}

function split<T>(all: readonly T[], wanted: (one: T) => boolean): [T[], T[]] {
  return [all.filter(wanted), all.filter((one) => !wanted(one))];
}

/** More than amqplib writes. */
function hasLongHeaders({ id, type, key, contentType, headers }: WireMessage): boolean {
  let bytes = 3 * (id.length + type.length + key.length + contentType.length);
  for (const name in headers) bytes += 3 * (name.length + (headers[name] as string).length);
  if (bytes < mostHeaderBytes) return false;
  bytes = Buffer.byteLength(id + type + key + contentType);
  for (const name in headers)
    bytes += Buffer.byteLength(name) + Buffer.byteLength(headers[name] as string) + 9;
  return bytes > mostHeaderBytes;
}

function sizeOf(body: string | Uint8Array): number {
  return typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
}
