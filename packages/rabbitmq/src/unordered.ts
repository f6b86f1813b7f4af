/**
 * A member of a group without order: one queue for all members, who take from it as fast as they can. What comes again is a
 * copy at the queue's end, or in a queue that it leaves when its delay is over.
 */
import type { Delivery, Settlement, Subscription } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { Feed } from "./feed.js";
import { Held, heldFrom } from "./held.js";
import type { MemberParts } from "./member.js";
import type { Outgoing } from "./outgoing.js";
import { Outlet } from "./outlet.js";
import { quiet } from "./quiet.js";
import { copyOf, deadCopy, undecodable } from "./records.js";
import { runAgain } from "./run.js";
import { delayQueue, queueName } from "./topology.js";
import { readMessage, salvage } from "./wire.js";

/** Bounds the memory of one step, whatever the prefetch. */
const largestBatch = 512;

export class UnorderedSubscription implements Subscription {
  readonly #parts: MemberParts;
  readonly #outlet: Outlet<Held>;
  #feed: Feed | undefined;
  #consumer: string | undefined;
  #running: Promise<void> | undefined;
  #waiting: Held[] = [];
  readonly #held: Set<Held> = new Set();
  readonly #settling: Set<Promise<void>> = new Set();
  readonly #delays: Set<string> = new Set();
  #arrivals = 0;
  /** Resolves when acknowledging does no harm. */
  #thawed: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    this.#outlet = new Outlet({
      begin: () => {
        this.#running = this.#run();
      },
      take: () => this.#take(),
      look: (batch) => batch,
      leave: () => this.close(),
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[]> {
    return this.#outlet.iterator();
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    const done = this.#settle(settlements);
    this.#settling.add(done);
    try {
      await done;
    } finally {
      this.#settling.delete(done);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #run(): Promise<void> {
    const { channel, group } = this.#parts.request;
    return runAgain(this.#parts, {
      where: { channel, group },
      closed: () => this.#closed,
      once: () => this.#consume(),
      lost: () => Promise.resolve(this.#lost()),
    });
  }

  async #consume(): Promise<void> {
    const { link, name, request } = this.#parts;
    const feed = await Feed.open(link);
    this.#feed = feed;
    const take = (message: ConsumeMessage): void => this.#arrived(feed, message);
    if (this.#closed) await feed.close();
    else this.#consumer = await feed.consume(queueName(name), request.prefetch, take);
    await feed.ended;
    if (feed.failure) throw feed.failure;
  }

  /** What it had is the server's again. */
  #lost(): void {
    this.#consumer = undefined;
    this.#waiting = [];
    for (const held of this.#held) held.state = "gone";
    this.#held.clear();
  }

  #arrived(feed: Feed, message: ConsumeMessage): void {
    const { clock, wanted } = this.#parts;
    const stored = readMessage(message);
    if (!stored) {
      const held = heldFrom(salvage(message), message, feed, clock.now());
      void this.#bury(held);
      return;
    }
    if (wanted && !wanted(stored.message.type)) {
      feed.ack(message.fields.deliveryTag);
      return;
    }
    this.#arrivals += 1;
    this.#waiting.push(heldFrom(stored, message, feed, clock.now()));
    this.#outlet.notify();
  }

  async #bury(held: Held): Promise<void> {
    try {
      await this.#parts.publisher.store([
        deadCopy(this.#parts.shelf, held, undecodable, this.#parts.clock.now()),
      ]);
      held.feed.ack(held.tag);
    } catch (error) {
      this.#parts.logger.warn(
        { err: error },
        "a message that is none could not be put among the dead letters yet",
      );
      await held.feed.close();
    }
  }

  #take(): Held[] {
    const batch = this.#waiting.splice(0, largestBatch);
    for (const held of batch) {
      held.state = "held";
      this.#held.add(held);
    }
    return batch;
  }

  async #settle(settlements: readonly Settlement[]): Promise<void> {
    const mine = this.#own(settlements);
    try {
      const copies = await this.#copies(mine);
      if (copies.length > 0) await this.#parts.publisher.store(copies);
      await this.#thawed;
      for (const { delivery } of mine) delivery.feed.ack(delivery.tag);
      await Promise.all(
        [...new Set(mine.map(({ delivery }) => delivery.feed))].map((feed) => feed.flushed()),
      );
    } catch (error) {
      // Those of a channel that is gone are no longer held.
      const gone = mine.filter(({ delivery }) => !delivery.feed.open);
      this.#stale(gone.length);
      for (const { delivery } of mine) delivery.state = delivery.feed.open ? "held" : "gone";
      throw error;
    }
    for (const { delivery } of mine) {
      delivery.state = "gone";
      this.#held.delete(delivery);
    }
  }

  #own(settlements: readonly Settlement[]): (Settlement & { readonly delivery: Held })[] {
    const mine: (Settlement & { readonly delivery: Held })[] = [];
    for (const settlement of settlements) {
      const { delivery } = settlement;
      if (!(delivery instanceof Held) || delivery.state !== "held" || !delivery.feed.open) continue;
      delivery.state = "settling";
      mine.push({ ...settlement, delivery });
    }
    this.#stale(settlements.length - mine.length);
    return mine;
  }

  #stale(count: number): void {
    const { channel, group } = this.#parts.request;
    if (count > 0) this.#parts.report({ kind: "stale-settlement", channel, group, count });
  }

  async #copies(settlements: readonly (Settlement & { readonly delivery: Held })[]): Promise<Outgoing[]> {
    const copies: Outgoing[] = [];
    for (const settlement of settlements) {
      const { delivery, outcome } = settlement;
      if (outcome === "ack") continue;
      if (outcome === "deadLetter") {
        copies.push(deadCopy(this.#parts.shelf, delivery, settlement.failure, this.#parts.clock.now()));
      } else if (outcome === "release") {
        copies.push(copyOf(delivery, queueName(this.#parts.name), delivery.carried(delivery.attempt)));
      } else {
        const queue = await this.#delayed(settlement.delayMs);
        copies.push(copyOf(delivery, queue, delivery.carried(delivery.attempt + 1, settlement.failure)));
      }
    }
    return copies;
  }

  /** The queue for a delay: that of the next longer step, since each is a queue of its own. */
  async #delayed(delayMs: number): Promise<string> {
    if (delayMs <= 0) return queueName(this.#parts.name);
    const queue = delayQueue(this.#parts.name, delayStep(delayMs));
    if (!this.#delays.has(queue.name)) {
      await this.#parts.declare({ exchanges: [], queues: [queue], bindings: [] });
      // Looked at again later: it may have gone for want of use.
      this.#delays.add(queue.name);
      this.#parts.clock.after(60_000, () => this.#delays.delete(queue.name));
    }
    return queue.name;
  }

  async #close(): Promise<void> {
    this.#outlet.end();
    const { patiently, blocked } = this.#parts;
    const feed = this.#feed;
    this.#thawed = patiently(this.#stopReading(feed));
    await this.#thawed;
    await patiently(Promise.allSettled([...this.#settling]));
    if (feed?.open && !blocked()) await patiently(this.#giveBack(feed));
    this.#closed = true;
    await this.#feed?.close();
    this.#lost();
    this.#parts.stop();
    await this.#running;
    this.#parts.closed();
  }

  async #stopReading(feed: Feed | undefined): Promise<void> {
    if (!feed?.open || this.#consumer === undefined) return;
    const { clock, request } = this.#parts;
    const look = () => ({ open: this.#waiting.length + this.#held.size, arrivals: this.#arrivals });
    await quiet(clock, request.prefetch, look);
    await feed.cancel(this.#consumer);
  }

  /** As copies: a nack would count as an attempt (B11). */
  async #giveBack(feed: Feed): Promise<void> {
    const all = [...this.#held, ...this.#waiting].filter((held) => held.state !== "gone");
    const name = queueName(this.#parts.name);
    await this.#parts.publisher.store(all.map((held) => copyOf(held, name, held.carried(held.attempt))));
    for (const held of all) feed.ack(held.tag);
    await feed.flushed();
  }
}

/** Ten steps for each power of ten, so that a delay is at most a quarter longer than asked for. */
const steps = [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8];

export function delayStep(delayMs: number): number {
  const least = Math.max(10, Math.ceil(delayMs));
  for (let power = 10; ; power *= 10) {
    for (const step of steps) {
      const ms = Math.round(step * power);
      if (ms >= least) return ms;
      // The policies of people: whole seconds and minutes are taken as they are.
      if (power >= 1_000 && least % 60_000 === 0) return least;
    }
  }
}
