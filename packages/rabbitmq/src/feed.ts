/**
 * A channel to consume from. Acknowledgements of a turn of the event loop go out together, as one where they are the oldest
 * that are open. Tags belong to this channel: when it is gone, nothing can be settled on another by mistake.
 */
import type { MeshError } from "@meshwright/core/adapter";
import type { Channel, ConsumeMessage, Options } from "amqplib";
import { brokerError, connectionLost, type Right } from "./errors.js";
import { goodbye, type Link } from "./link.js";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const mostAcks = 256;
/** What AMQP has room for. Where it is told no limit, a quorum queue takes that for 2,000. */
export const mostOpen = 65_535;

export class Feed {
  readonly #channel: Channel;
  #open = true;
  #cause: unknown;
  /** All tags up to here are acknowledged. */
  #base = 0;
  /** Tags beyond that are. */
  readonly #beyond: Set<number> = new Set();
  #acks: number[] = [];
  #scheduled = false;
  /** Who waits for the server's word on acknowledgements. */
  readonly #waiting: Waiting[] = [];
  #asking = false;
  #prefetch = 1;
  readonly #ends: Promise<void>;

  static async open(link: Link): Promise<Feed> {
    return new Feed(await link.channel());
  }

  private constructor(channel: Channel) {
    this.#channel = channel;
    channel.on("error", (error) => {
      this.#cause = error;
    });
    this.#ends = new Promise((resolve) =>
      channel.on("close", () => {
        this.#open = false;
        resolve();
      }),
    );
  }

  get open(): boolean {
    return this.#open;
  }

  /** Why the server ended the channel, if it said. */
  get failure(): MeshError | undefined {
    return this.#cause === undefined ? undefined : brokerError(this.#cause, "consuming");
  }

  /** Resolves when the channel is gone, for whatever reason. */
  get ended(): Promise<void> {
    return this.#ends;
  }

  /** Starts a consumer that holds at most `prefetch` messages, and `mostOpen`. Ends the channel when its queue is deleted. */
  async consume(
    queue: string,
    prefetch: number,
    take: (message: ConsumeMessage) => void,
    options: Options.Consume = {},
  ): Promise<string> {
    this.#prefetch = Math.min(prefetch, mostOpen);
    const deliver = (message: ConsumeMessage | null): void => {
      if (message) take(message);
      else void this.close();
    };
    try {
      // Sent in this order: the limit is that of consumers started after it.
      const [, { consumerTag }] = await Promise.all([
        this.#channel.prefetch(this.#prefetch),
        this.#channel.consume(queue, deliver, options),
      ]);
      return consumerTag;
    } catch (error) {
      throw this.#error(error, `consuming queue "${queue}"`, "read");
    }
  }

  /** After this resolved nothing more comes from that consumer; what it delivered stays open. */
  async cancel(consumerTag: string): Promise<void> {
    try {
      await this.#channel.cancel(consumerTag);
    } catch (error) {
      throw this.#error(error, "unsubscribing");
    }
  }

  /** Acknowledges at the end of this turn. */
  ack(tag: number): void {
    this.#acks.push(tag);
    this.#atEndOfTurn();
  }

  /** Puts back at once, which the server counts. */
  requeue(deliveryTag: number): void {
    this.#mark(deliveryTag);
    if (this.#open) this.#channel.nack({ fields: { deliveryTag } } as ConsumeMessage, false, true);
  }

  /** Resolves when the server has taken all acknowledgements given so far. */
  flushed(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#atEndOfTurn();
    });
  }

  async close(): Promise<void> {
    if (this.#open) await goodbye(this.#channel);
  }

  #atEndOfTurn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /**
   * Acknowledgements have no answer. An answer to something sent after them shows that they were taken. One such question at
   * a time: the next one is for all that came meanwhile, and so are the acknowledgements, as each is work for the server. Those
   * that the server may be waiting for go out at once.
   */
  #flush(): void {
    // A journal has no limit, and is acknowledged at once.
    const room = this.#prefetch === mostOpen ? 0 : Math.min(this.#prefetch / 4, mostAcks);
    if (this.#asking && this.#acks.length < room) return;
    const asked = this.#asking ? [] : this.#waiting.splice(0);
    try {
      this.#send();
    } catch (error) {
      for (const { reject } of asked) reject(this.#error(error, "settling"));
      return;
    }
    if (asked.length > 0) void this.#ask(asked);
  }

  async #ask(waiting: readonly Waiting[]): Promise<void> {
    this.#asking = true;
    try {
      await this.#channel.prefetch(this.#prefetch);
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      for (const { reject } of waiting) reject(this.#error(error, "settling"));
    }
    this.#asking = false;
    if (this.#waiting.length > 0 || this.#acks.length > 0) this.#flush();
  }

  #send(): void {
    const tags = this.#acks;
    this.#acks = [];
    for (const tag of tags) this.#mark(tag);
    let top = 0;
    let below = 0;
    for (const tag of tags) {
      if (tag > this.#base) {
        this.#ackOne(tag, false);
        continue;
      }
      below += 1;
      if (tag > top) top = tag;
    }
    if (below > 0) this.#ackOne(top, below > 1);
  }

  #mark(tag: number): void {
    if (tag !== this.#base + 1) {
      this.#beyond.add(tag);
      return;
    }
    this.#base = tag;
    while (this.#beyond.size > 0 && this.#beyond.delete(this.#base + 1)) this.#base += 1;
  }

  #ackOne(deliveryTag: number, multiple: boolean): void {
    // The channel needs no more of a message than its tag.
    this.#channel.ack({ fields: { deliveryTag } } as ConsumeMessage, multiple);
  }

  #error(error: unknown, doing: string, right?: Right): Error {
    if (this.#cause) return brokerError(this.#cause, doing, right);
    return this.#open ? brokerError(error, doing, right) : connectionLost(error);
  }
}
