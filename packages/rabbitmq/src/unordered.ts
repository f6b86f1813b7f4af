/**
 * A member of a group without order: one queue for all members, who take from it as fast as they can. What comes again is a
 * copy at the queue's end, or in a queue of delays, from where one of the members moves it on.
 */
import type { Delivery, Settlement, Subscription } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { Feed } from "./feed.js";
import { Held, heldFrom } from "./held.js";
import { Later } from "./later.js";
import type { MemberParts } from "./member.js";
import type { Outgoing } from "./outgoing.js";
import { Outlet } from "./outlet.js";
import { quiet } from "./quiet.js";
import { copyOf, deadCopy, dueCopy, undecodable } from "./records.js";
import { runAgain } from "./run.js";
import { delayNames, queueName } from "./topology.js";
import { readMessage, salvage } from "./wire.js";

/** Bounds the memory of one step, whatever the prefetch. */
const largestBatch = 512;
/** Those of up to a minute wait apart. */
const longDelayMs = 60_000;

export class UnorderedSubscription implements Subscription {
  readonly #parts: MemberParts;
  readonly #outlet: Outlet<Held>;
  #feed: Feed | undefined;
  #consumer: string | undefined;
  #running: Promise<void> | undefined;
  #delays: Later | undefined;
  #waiting: Held[] = [];
  readonly #held: Set<Held> = new Set();
  readonly #settling: Set<Promise<void>> = new Set();
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
        this.#delays = this.#delayed();
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

  #delayed(): Later {
    const { name, link, clock, logger, publisher, request } = this.#parts;
    return new Later({
      where: { channel: request.channel, group: request.group },
      queues: delayNames(name),
      link,
      clock,
      logger,
      move: (messages) => publisher.store(messages.map((message) => dueCopy(message, queueName(name)))),
      restore: () => this.#parts.restore(),
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
      const copies = mine.flatMap((settlement) => this.#copy(settlement) ?? []);
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

  #copy(settlement: Settlement & { readonly delivery: Held }): Outgoing | undefined {
    const { delivery, outcome } = settlement;
    const { name, shelf, clock } = this.#parts;
    if (outcome === "ack") return undefined;
    if (outcome === "deadLetter") return deadCopy(shelf, delivery, settlement.failure, clock.now());
    if (outcome === "release") return copyOf(delivery, queueName(name), delivery.carried(delivery.attempt));
    const { delayMs, failure } = settlement;
    const again = delivery.carried(delivery.attempt + 1, failure);
    if (delayMs <= 0) return copyOf(delivery, queueName(name), again);
    const [short, long] = delayNames(name);
    const copy = copyOf(delivery, delayMs > longDelayMs ? long : short, again);
    copy.properties.headers["mw-due"] = clock.now() + delayMs;
    return copy;
  }

  async #close(): Promise<void> {
    this.#outlet.end();
    const { patiently, blocked } = this.#parts;
    const feed = this.#feed;
    this.#thawed = patiently(this.#stopReading(feed));
    await this.#thawed;
    await patiently(Promise.allSettled([...this.#settling]));
    if (feed?.open && !blocked()) await patiently(this.#giveBack(feed));
    if (this.#delays) await patiently(this.#delays.close());
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
