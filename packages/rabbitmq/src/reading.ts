/** How a leader reads: its partition's history where there is one, then the main queue, and how it stops. */
import type { Clock } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import type { Feed } from "./feed.js";
import { type FirstQueue, isEnd } from "./first-queue.js";
import { quiet } from "./quiet.js";
import { Returned, type ReturnedParts } from "./returned.js";

export interface ReadingParts {
  readonly mainQueue: string;
  /** History that comes before the main queue, where the group started in the past. */
  readonly first: FirstQueue | undefined;
  readonly prefetch: number;
  readonly clock: Clock;
  /** Resolves when it may begin. */
  readonly before: Promise<void>;
  /** Of whom something may come back to the main queue. */
  readonly after: ReturnedParts["after"];
  /** Takes a message; `acked` is to be called once it is acknowledged. */
  take(message: ConsumeMessage, acked: () => void): void;
  /** Whether another member still holds something. */
  heldElsewhere(): boolean;
  /** There may be something to hand out. */
  ready(): void;
  failed(error: unknown): void;
}

export class Reading {
  readonly #parts: ReadingParts;
  readonly #feed: Feed;
  readonly #returned: Returned;
  #consumer = "";
  #stopped = false;
  /** Settles when it reads, or cannot. */
  #consuming: Promise<void>;
  /** Resolves when acknowledging does no harm. */
  thawed: Promise<void> = Promise.resolve();
  /** How many messages are not acknowledged, and how many have come. */
  #open = 0;
  #arrivals = 0;
  readonly #acked = (): void => {
    this.#open -= 1;
  };

  constructor(parts: ReadingParts, feed: Feed) {
    this.#parts = parts;
    this.#feed = feed;
    this.#returned = new Returned(parts);
    this.#consuming = this.#begin();
  }

  /** Settles when it has begun. */
  get begun(): Promise<void> {
    return this.#consuming;
  }

  async #begin(): Promise<void> {
    const { first, failed, before } = this.#parts;
    try {
      await before;
      if (first && (await first.exists()))
        await this.#consume(first.name, (one) => this.#history(first, one));
      else await this.#readMain();
    } catch (error) {
      failed(error);
    }
  }

  async #readMain(): Promise<void> {
    await this.#consume(this.#parts.mainQueue, (message) => this.#arrived(message, this.#acked));
  }

  async #consume(queue: string, take: (message: ConsumeMessage) => void): Promise<void> {
    if (this.#stopped) return;
    this.#consumer = await this.#feed.consume(queue, this.#parts.prefetch, take);
    void this.#returned.begin();
  }

  #arrived(message: ConsumeMessage, acked: () => void): void {
    this.#arrivals += 1;
    this.#open += 1;
    this.#returned.add(message, acked);
  }

  #history(first: FirstQueue, message: ConsumeMessage): void {
    if (!isEnd(message)) {
      first.open += 1;
      this.#arrived(message, () => {
        this.#acked();
        first.open -= 1;
        this.dropFirst();
      });
      return;
    }
    // It stays in the queue for the next leader, until all of it is settled.
    this.#feed.requeue(message.fields.deliveryTag);
    if (this.#stopped || this.#consumer === "") return;
    const cancelled = this.#feed.cancel(this.#consumer);
    this.#consumer = "";
    this.#consuming = cancelled
      .then(() => {
        first.read = true;
        this.dropFirst();
        return this.#readMain();
      })
      .catch((error: unknown) => this.#parts.failed(error));
  }

  /** The history goes once nobody holds anything of it any more. */
  dropFirst(): void {
    const { first, heldElsewhere } = this.#parts;
    if (first?.read && first.open === 0 && !this.#stopped && !heldElsewhere()) first.drop();
  }

  /** Stops reading; meanwhile nothing is acknowledged. */
  async stop(): Promise<void> {
    let thaw: () => void = () => undefined;
    this.thawed = new Promise((resolve) => {
      thaw = resolve;
    });
    try {
      await this.#consuming;
      this.#stopped = true;
      if (this.#consumer === "") return;
      await this.#feed.flushed();
      const { clock, prefetch } = this.#parts;
      await quiet(clock, prefetch, () => ({ open: this.#open, arrivals: this.#arrivals }));
      await this.#feed.cancel(this.#consumer);
    } finally {
      this.#returned.end();
      thaw();
    }
  }

  /** Whether all that a dead leader had has come back. */
  get isWhole(): boolean {
    return this.#returned.isOver;
  }

  /** Its channel is gone, and what came by it. */
  forget(): void {
    this.#returned.drop();
  }
}
