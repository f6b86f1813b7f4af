/**
 * Publishing to one channel. What is published in a turn of the event loop goes out in one call of a script, several such
 * calls under way at once; they arrive in order since they share a connection. A `publish` call is never divided.
 */
import { partitionOf, refusals, type WireMessage } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { brokerError, partitionsDiffer, tooFewReplicas } from "./errors.js";
import { publishMessages } from "./scripts/publish.js";
import { encodeMessage } from "./wire.js";

export const maxBodyBytes: number = 64 * 1024 * 1024;

export interface PublisherParts {
  readonly connection: Connection;
  readonly channel: string;
  readonly root: string;
  readonly partitions: number;
  readonly minReplicas: number;
  readonly timeoutMs: number;
  /** Makes the channel known to the namespace; called again when the channel turned out to be new. */
  register(again: boolean): Promise<void>;
  /** A delayed message is due in so many milliseconds. */
  delayed(inMs: number): void;
}

interface Call {
  readonly messages: number;
  /** Of each message, as the script takes them. */
  readonly values: readonly (string | number)[];
  /** Whether each message has a due time. */
  readonly timed: boolean;
  readonly length: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** In one call. Enough to make the round trip cheap, little enough that Redis is not held up. */
const mostMessages = 256;
const mostLength = 512 * 1024;
/**
 * With so many calls under way what comes is held back, to go in fewer and larger ones; unless so few messages are: what
 * comes now and then would wait for Redis to write to its disk twice.
 */
const mostUnderWay = 4;
const fewMessages = 32;

export class Publisher {
  readonly #parts: PublisherParts;
  #queue: Call[] = [];
  #scheduled = false;
  #underWay = 0;
  #messagesUnderWay = 0;
  #idle: (() => void)[] = [];

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Resolves once all are stored. Rejects with a `BrokerError`. */
  publish(messages: readonly WireMessage[]): Promise<void> {
    if (messages.length === 0) return Promise.resolve();
    const values: (string | number)[] = [];
    const timed = messages.some(({ deliverAt }) => deliverAt !== undefined);
    let length = 0;
    for (const message of messages) {
      const { body, deliverAt = 0 } = message;
      if (sizeOf(body) > maxBodyBytes) return Promise.reject(refusals.bodyTooLarge(maxBodyBytes));
      const [head, stored] = encodeMessage(message);
      values.push(partitionOf(message.key, this.#parts.partitions), head, stored);
      if (timed) values.push(Math.ceil(deliverAt));
      length += head.length + stored.length;
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ messages: messages.length, values, timed, length, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves once nothing is under way. */
  async drained(): Promise<void> {
    if (this.#underWay === 0 && this.#queue.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled || this.#isBusy()) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#queue.length > 0 && !this.#isBusy()) void this.#send(this.#next());
    });
  }

  #isBusy(): boolean {
    return this.#underWay >= mostUnderWay && this.#messagesUnderWay >= fewMessages;
  }

  /** As many calls as go out together. */
  #next(): Call[] {
    let messages = 0;
    let length = 0;
    let count = 0;
    for (const call of this.#queue) {
      messages += call.messages;
      length += call.length;
      const full = messages > mostMessages || length > mostLength;
      if (count > 0 && (full || call.timed !== this.#queue[0]?.timed)) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #send(calls: readonly Call[]): Promise<void> {
    const messages = calls.reduce((sum, call) => sum + call.messages, 0);
    this.#underWay += 1;
    this.#messagesUnderWay += messages;
    try {
      await this.#store(calls);
      for (const call of calls) call.resolve();
    } catch (error) {
      const cause = brokerError(error, "publishing");
      for (const call of calls) call.reject(cause);
    } finally {
      this.#underWay -= 1;
      this.#messagesUnderWay -= messages;
      if (this.#queue.length > 0) this.#schedule();
      else if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #store(calls: readonly Call[]): Promise<void> {
    const { connection, channel, root, partitions, minReplicas, timeoutMs, register, delayed } = this.#parts;
    const [reply] = await Promise.all([
      publishMessages(connection, root, {
        partitions,
        timed: calls[0]?.timed ?? false,
        messages: calls.flatMap((call) => call.values),
      }),
      register(false),
    ]);
    if (reply.partitions !== partitions) throw partitionsDiffer(channel, reply.partitions, partitions);
    if (reply.created) await register(true);
    if (reply.nextDelayedMs >= 0) delayed(reply.nextDelayedMs);
    if (minReplicas === 0) return;
    const confirmed = Number(await connection.call("WAIT", [minReplicas, Math.ceil(timeoutMs / 2)]));
    if (confirmed < minReplicas) throw tooFewReplicas(minReplicas, confirmed);
  }
}

function sizeOf(body: string | Uint8Array): number {
  // A character has at most three bytes: only what might be too large is measured.
  if (typeof body !== "string") return body.length;
  return body.length * 3 > maxBodyBytes ? Buffer.byteLength(body) : body.length;
}
