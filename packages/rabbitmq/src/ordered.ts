/**
 * A member of an ordered group. It stands in line for every partition, and leads those it is first in line for. `partition.ts`
 * says what leading is; this says when to take part, when to give a partition up, and what settling takes.
 */
import type { Cancel, Delivery, Settlement, Subscription } from "@meshwright/core/adapter";
import { takeFrom } from "./dispatch.js";
import { Feed } from "./feed.js";
import { FirstQueue } from "./first-queue.js";
import { newId, seatNote } from "./journal.js";
import type { MemberParts } from "./member.js";
import { OrderedHeld } from "./ordered-held.js";
import { Outlet } from "./outlet.js";
import { Partition } from "./partition.js";
import { type Feeds, readAhead } from "./partition-parts.js";
import { Presence } from "./presence.js";
import { deadCopy, undecodable } from "./records.js";
import { runAgain } from "./run.js";
import { byHandover, inOrder, type Own, type SettlingPlace, settlementNotes, unblock } from "./settling.js";
import { Stall } from "./stall.js";
import { firstName, heldName, mainName } from "./topology.js";

/** Members often come several at once. */
const settleDownMs = 5;
const refreshMs = 10 * 60_000;
/** Bounds the memory of one step, whatever the prefetch. */
const largestBatch = 512;

export class OrderedSubscription implements Subscription {
  readonly #parts: MemberParts;
  readonly #outlet: Outlet<OrderedHeld>;
  readonly #partitions: readonly Partition[];
  readonly #presence: Presence;
  readonly #held: Set<OrderedHeld> = new Set();
  readonly #settling: Set<Promise<void>> = new Set();
  /** Settled by a call of which another part failed. */
  readonly #done: WeakSet<object> = new WeakSet();
  #feeds: Feeds | undefined;
  /** Why it starts over. */
  #failure: unknown;
  #running: Promise<void> | undefined;
  #turn = 0;
  readonly #stall: Stall;
  #balance: Cancel | undefined;
  #refresh: Cancel = () => undefined;
  /** Changes of what it leads, one after another. */
  #moves: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #closed = false;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    this.#partitions = Array.from({ length: parts.settings.partitions }, (_, index) =>
      this.#partition(index),
    );
    this.#stall = new Stall(parts.clock, () => this.#move(() => this.#stepAside()));
    this.#presence = new Presence(parts.link, parts.name);
    this.#outlet = new Outlet({
      begin: () => {
        this.#running = this.#run();
        this.#refreshLater();
      },
      take: () => this.#take(),
      look: (batch) => inOrder(batch, this.#partitions, this.#held),
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
      this.#outlet.notify();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #partition(index: number): Partition {
    const { name, settings, request, clock, wanted, publisher } = this.#parts;
    return new Partition({
      index,
      mainQueue: mainName(name, index),
      heldQueue: heldName(name, index),
      first: this.#parts.past ? new FirstQueue(this.#parts.link, firstName(name, index)) : undefined,
      prefetch: readAhead(request.prefetch, settings.partitions),
      parked: settings.parked,
      clock,
      wanted,
      send: (messages) => publisher.store(messages),
      bury: (held) => void this.#bury(held),
      ready: () => this.#outlet.notify(),
      led: () => this.#balanceSoon(),
      joined: () => this.#balanceSoon(),
      failed: (error) => this.#restart(error),
    });
  }

  /** The server ends a channel that leaves something unacknowledged for long, by default for half an hour. */
  #refreshLater(): void {
    this.#refresh = this.#parts.clock.after(refreshMs, () => {
      this.#move(async () => {
        for (const partition of this.#partitions) await partition.refresh();
      });
      this.#refreshLater();
    });
  }

  #run(): Promise<void> {
    const { channel, group } = this.#parts.request;
    return runAgain(this.#parts, {
      where: { channel, group },
      closed: () => this.#closed,
      once: () => this.#takePart(),
      lost: async () => {
        const ending = this.#endFeeds();
        this.#feeds = undefined;
        this.#lost();
        await ending;
      },
    });
  }

  async #takePart(): Promise<void> {
    const { link } = this.#parts;
    this.#failure = undefined;
    const [main, held] = await Promise.all([Feed.open(link), Feed.open(link), this.#presence.begin()]);
    this.#feeds = { main, held };
    if (this.#closed) await this.#endFeeds();
    else await this.#register();
    await Promise.race([main.ended, held.ended]);
    const failure = this.#failure ?? main.failure ?? held.failure;
    if (failure !== undefined) throw failure;
  }

  #restart(error: unknown): void {
    this.#failure ??= error;
    void this.#endFeeds();
  }

  async #endFeeds(): Promise<void> {
    await Promise.all([this.#feeds?.main.close(), this.#feeds?.held.close()]);
  }

  /** What it had is the server's again. */
  #lost(): void {
    this.#presence.forget();
    for (const partition of this.#partitions) partition.reset();
    for (const held of this.#held) held.state = "gone";
    this.#held.clear();
    this.#outlet.notify();
  }

  /** Stands in line wherever it does not. */
  async #register(): Promise<void> {
    const feeds = this.#feeds;
    if (!feeds?.held.open || this.#closed || this.#stall.stalled) return;
    const id = await this.#presence.begin();
    if (feeds !== this.#feeds) return;
    const idle = this.#partitions.filter(({ role }) => role === "idle");
    const seats = idle.map(({ parts }) => seatNote(parts.heldQueue, id));
    await Promise.all([
      ...idle.map((partition) => partition.register(feeds)),
      this.#parts.publisher.store(seats),
    ]);
  }

  async #bury(held: OrderedHeld): Promise<void> {
    try {
      await this.#parts.publisher.store([
        deadCopy(this.#parts.shelf, held, undecodable, this.#parts.clock.now()),
      ]);
      held.ack();
    } catch (error) {
      this.#restart(error);
    }
  }

  #take(): OrderedHeld[] {
    const room = Math.min(this.#parts.request.prefetch - this.#held.size, largestBatch);
    const dispatches = this.#partitions.map(({ dispatch }) => dispatch);
    this.#turn = (this.#turn + 1) % dispatches.length;
    const taken = takeFrom([...dispatches.slice(this.#turn), ...dispatches.slice(0, this.#turn)], room);
    for (const held of taken) {
      held.state = "held";
      this.#held.add(held);
    }
    if (this.#closed) return taken;
    if (taken.length > 0 || room <= 0) this.#stall.busy();
    else if (this.#stall.ready()) this.#move(() => this.#register());
    return taken;
  }

  #move(change: () => Promise<void>): void {
    this.#moves = this.#moves.then(change).catch((error: unknown) => this.#restart(error));
  }

  #balanceSoon(): void {
    this.#balance ??= this.#parts.clock.after(settleDownMs, () => {
      this.#balance = undefined;
      this.#move(() => (this.#stall.stalled ? this.#stepAside() : this.#share()));
    });
  }

  /** Gives up what is more than its share. */
  async #share(): Promise<void> {
    const leading = this.#leading();
    const others = await this.#others(leading);
    const excess = leading.length - Math.ceil(this.#partitions.length / (others.size + 1));
    if (excess <= 0) return;
    const wanted = leading.filter((partition) => partition.seats.has(others));
    for (const partition of wanted.slice(0, excess)) await this.#leave(partition);
    await this.#register();
  }

  /** Gives up all that others wait for, and waits for nothing. */
  async #stepAside(): Promise<void> {
    if (!this.#stall.stalled) return;
    await this.#presence.end();
    const waiting = this.#partitions.filter(({ role }) => role === "waiting");
    await Promise.all(waiting.map((partition) => partition.withdraw()));
    const leading = this.#leading();
    const others = await this.#others(leading);
    const wanted = leading.filter(({ seats }) => seats.has(others));
    const now = this.#parts.clock.now();
    for (const partition of wanted) if (partition.rest.until <= now) await this.#leave(partition);
    const waits = wanted.filter(({ role }) => role === "leading").map(({ rest }) => rest.until - now);
    if (waits.length > 0) this.#stall.again(Math.min(...waits));
  }

  #leading(): Partition[] {
    return this.#partitions.filter(({ role }) => role === "leading");
  }

  /** The others who stand in line. The seats of those who have gone are removed. */
  async #others(leading: readonly Partition[]): Promise<Set<string>> {
    const names = new Set(leading.flatMap(({ seats }) => [...seats.members]));
    names.delete(this.#presence.id);
    const present = await this.#presence.present([...names]);
    for (const name of names) {
      if (!present.has(name)) for (const partition of leading) partition.seats.remove(name);
    }
    return present;
  }

  /**
   * Gives a partition up. What it holds it goes on holding, and the next leader is told; what it has read and not handed out
   * goes into the journal, uncounted.
   */
  async #leave(partition: Partition): Promise<void> {
    if (partition.role !== "leading") return;
    await partition.stop();
    const held = (): OrderedHeld[] =>
      [...this.#held].filter((one) => one.partition === partition.parts.index && !one.moved);
    // What is being settled now is not known to be moved.
    while (held().some(({ state }) => state === "settling"))
      await Promise.race([...this.#settling]).catch(() => undefined);
    await partition.handOver(held);
    for (const one of this.#held) if (one.state === "gone") this.#held.delete(one);
  }

  /** Those of partitions that are being handed over wait for that. The others must not: their keys wait from now on (B5). */
  async #settle(settlements: readonly Settlement[]): Promise<void> {
    const own = this.#own(settlements);
    const { free, waiting, handovers } = byHandover(own, this.#partitions);
    if (waiting.length === 0) return this.#settleNow(free);
    const parts = [free, waiting];
    const later = this.#after(handovers, waiting).then((mine) => this.#settleNow(mine));
    const outcomes = await Promise.allSettled([this.#settleNow(free), later]);
    const failed = outcomes.find(({ status }) => status === "rejected");
    if (failed?.status !== "rejected") return;
    // The caller tries all of them again.
    const done = parts.filter((_, index) => outcomes[index]?.status === "fulfilled");
    for (const { delivery } of done.flat()) this.#done.add(delivery);
    throw failed.reason;
  }

  async #settleNow(mine: readonly Own[]): Promise<void> {
    const outgoing = mine.flatMap((one) => settlementNotes(this.#place, one));
    try {
      if (outgoing.length > 0) await this.#parts.publisher.store(outgoing);
      await this.#acknowledge(mine);
    } catch (error) {
      this.#stale(mine.filter(({ delivery }) => !delivery.feed.open).length);
      for (const { delivery } of mine) delivery.state = delivery.feed.open ? "held" : "gone";
      throw error;
    }
    for (const one of mine) {
      one.delivery.state = "gone";
      this.#held.delete(one.delivery);
      unblock(this.#place, one);
    }
  }

  /** What becomes of something that is just being handed over, the next leader is to read after that. */
  async #after(handovers: readonly Promise<void>[], mine: readonly Own[]): Promise<readonly Own[]> {
    await Promise.allSettled(handovers);
    const still = mine.filter(({ delivery }) => delivery.state === "settling");
    this.#stale(mine.length - still.length);
    return still;
  }

  async #acknowledge(mine: readonly Own[]): Promise<void> {
    await this.#thawed(mine);
    for (const { delivery } of mine) delivery.ack();
    const feeds = new Set(mine.map(({ delivery }) => delivery.feed));
    await Promise.all([...feeds].map((feed) => feed.flushed()));
  }

  /** A partition that is being given up is not acknowledged for a moment. */
  async #thawed(mine: readonly Own[]): Promise<void> {
    for (const { delivery } of mine) {
      const partition = this.#partitions[delivery.partition];
      if (partition?.role === "leaving" && delivery.source === "main") await partition.thawed;
    }
  }

  #own(settlements: readonly Settlement[]): Own[] {
    const mine: Own[] = [];
    const asked = settlements.filter(({ delivery }) => !this.#done.delete(delivery));
    for (const settlement of asked) {
      const { delivery } = settlement;
      if (!(delivery instanceof OrderedHeld) || delivery.state !== "held" || !delivery.feed.open) continue;
      delivery.state = "settling";
      mine.push({ ...settlement, delivery });
    }
    this.#stale(asked.length - mine.length);
    return mine;
  }

  #stale(count: number): void {
    const { channel, group } = this.#parts.request;
    if (count > 0) this.#parts.report({ kind: "stale-settlement", channel, group, count });
  }

  async #close(): Promise<void> {
    this.#outlet.end();
    this.#stall.stop();
    this.#balance?.();
    this.#refresh();
    const { patiently, blocked } = this.#parts;
    await patiently(this.#moves);
    this.#closed = true;
    const feeds = this.#feeds;
    if (feeds?.main.open && feeds.held.open && !blocked()) await patiently(this.#giveBack(feeds));
    await patiently(Promise.allSettled([...this.#settling]));
    await this.#presence.end().catch(() => undefined);
    await this.#endFeeds();
    this.#lost();
    this.#parts.stop();
    await this.#running;
    this.#parts.closed();
  }

  /** Everything that was read goes into the journal, uncounted, before others may lead. */
  async #giveBack(feeds: Feeds): Promise<void> {
    const leading = this.#leading();
    // Those it waits for must not begin now.
    const others = this.#partitions.filter(({ role }) => role === "waiting" || role === "loading");
    await Promise.all([
      ...others.map((partition) => partition.withdraw()),
      ...leading.map((partition) => partition.stop()),
    ]);
    await Promise.allSettled([...this.#settling]);
    const all = [...this.#held, ...leading.flatMap((partition) => partition.dispatch.unread())];
    const back = all.filter(({ state }) => state !== "gone").sort((one, other) => one.seq - other.seq);
    const copies = back.map((held) =>
      (this.#partitions[held.partition] as Partition).dispatch.copy(held, newId()),
    );
    const notes = leading.flatMap((partition) => partition.farewell());
    await this.#parts.publisher.store([...copies, ...notes]);
    for (const held of back) held.ack();
    await Promise.all([feeds.main.flushed(), feeds.held.flushed()]);
  }

  get #place(): SettlingPlace {
    return { partitions: this.#partitions, shelf: this.#parts.shelf, now: this.#parts.clock.now() };
  }
}
