import type { Failure, GroupReport, Settlement, SubscriptionRequest } from "../contract.js";
import { typeFilter } from "../type-filter.js";
import type { Backlog } from "./backlog.js";
import type { Channel } from "./channel.js";
import { HeldDelivery, type KeyState, type Returned, type Waiting } from "./delivery.js";
import { KeyedBacklog } from "./keyed-backlog.js";
import { compareEntries, type Entry } from "./log.js";
import type { Member } from "./member.js";
import { PlainBacklog } from "./plain-backlog.js";
import { Queue } from "./queue.js";
import type { ServerState } from "./server-state.js";
import { SettledOffsets } from "./settled.js";
import type { DeadLetter, Shelf } from "./shelf.js";

/**
 * A group: its place in the log, what it has handed out, what waits. It outlives its members. Everything here is
 * synchronous; members are told through the dispatcher.
 */
export class Group {
  readonly channel: Channel;
  readonly name: string;
  readonly ordering: SubscriptionRequest["ordering"];
  readonly members: Set<Member> = new Set();
  /** Members that asked for more, the longest waiting first. */
  readonly waiting: Queue<Member> = new Queue();
  readonly settled: SettledOffsets;
  deadLetters = 0;
  /** Removed by a hard limit and not yet reported. */
  missed = 0;
  readonly #server: ServerState;
  readonly #shelf: Shelf;
  readonly #backlog: Backlog;
  /** Unsettled entries that `settled` does not cover: redriven, or removed from the log while handed out. */
  readonly #detached = new Set<Entry>();
  #types: ((type: string) => boolean) | undefined;
  /** The next offset to look at. */
  #cursor: number;
  /** Looked at, wanted and not settled. */
  #open = 0;
  #inFlight = 0;
  #delayed = 0;
  /** Came back and not handed over again, delayed or not. */
  readonly #returned = new Set<Entry>();
  #redriven = 0;

  constructor(
    server: ServerState,
    channel: Channel,
    shelf: Shelf,
    request: SubscriptionRequest,
    start: number,
  ) {
    this.#server = server;
    this.channel = channel;
    this.name = request.group;
    this.ordering = request.ordering;
    this.settled = new SettledOffsets(start);
    this.#cursor = start;
    this.#shelf = shelf;
    this.#backlog = request.ordering === "key" ? new KeyedBacklog() : new PlainBacklog();
  }

  /** The filter is the group's: the last subscription says what it is, for what was not looked at yet. */
  filter(types: readonly string[] | undefined): void {
    this.#types = typeFilter(types);
  }

  /** How many could be handed over, at most. */
  get available(): number {
    return this.channel.log.end - this.#cursor + this.#open - this.#inFlight - this.#delayed;
  }

  /** Hands up to `limit` messages to a member: half from what waited, so that neither it nor the log starves. */
  take(member: Member, limit: number): HeldDelivery[] {
    const batch: HeldDelivery[] = [];
    const now = this.#server.now();
    const handOver = (waiting: Waiting, key: KeyState): boolean =>
      this.#again(waiting, key, member, now, batch);
    this.#backlog.serve(member, Math.ceil(limit / 2), handOver);
    this.#advance(member, limit, now, batch);
    if (batch.length < limit) this.#backlog.serve(member, limit - batch.length, handOver);
    return batch;
  }

  /** Returns how many of these deliveries the member no longer held. */
  settle(member: Member, settlements: readonly Settlement[]): number {
    let stale = 0;
    for (const settlement of settlements) {
      const delivery = settlement.delivery;
      if (!(delivery instanceof HeldDelivery) || delivery.holder !== member) stale++;
      else if (!this.#settleOne(member, delivery, settlement)) stale++;
    }
    return stale;
  }

  /** Gives everything back that a member holds; counted when it was lost, uncounted when it was released. */
  takeBack(member: Member, counted: boolean): void {
    const held = [...member.held].sort((a, b) => compareEntries(a.entry, b.entry));
    for (const delivery of held) this.giveBack(member, delivery, counted);
  }

  giveBack(member: Member, delivery: HeldDelivery, counted: boolean): void {
    this.#free(member, delivery);
    const attempts = counted ? delivery.attempt : delivery.attempt - 1;
    this.#returned.add(delivery.entry);
    this.#backlog.giveBack(returnedOf(delivery, attempts, delivery.lastFailure));
  }

  overtakes(delivery: HeldDelivery): boolean {
    return this.#backlog.overtakes(delivery);
  }

  suspend(delivery: HeldDelivery): void {
    this.#backlog.suspend(delivery);
  }

  redrive(letter: DeadLetter): void {
    const { message, offset, storedAt } = letter.entry;
    const redriven = { after: this.#cursor - 1, turn: ++this.#redriven };
    const entry: Entry = { message, offset, storedAt, redriven };
    this.#detached.add(entry);
    this.#open++;
    this.#backlog.append({ entry, attempts: 0, failure: undefined, firstAt: undefined });
    this.#server.wake(this);
  }

  /** A hard limit is about to remove everything below `first`, settled or not. */
  cut(first: number): void {
    if (first <= this.settled.floor) return;
    const out = [...this.members].flatMap((member) => member.held.map((delivery) => delivery.entry));
    for (const entry of [...out, ...this.#returned]) {
      if (entry.offset >= this.settled.floor && entry.offset < first) this.#detached.add(entry);
    }
    const log = this.channel.log;
    for (let offset = this.settled.floor; offset < first; offset++) {
      const entry = log.at(offset);
      if (entry === undefined || this.settled.has(offset) || this.#detached.has(entry)) continue;
      if (offset < this.#cursor) this.#open--;
      else if (this.#types && !this.#types(entry.message.type)) continue;
      this.missed++;
    }
    this.settled.raise(first);
    this.#cursor = Math.max(this.#cursor, first);
    this.#server.wake(this);
  }

  report(): GroupReport {
    const log = this.channel.log;
    let oldest = log.at(this.settled.floor)?.storedAt;
    for (const { storedAt } of this.#detached) oldest = Math.min(oldest ?? storedAt, storedAt);
    return {
      channel: this.channel.name,
      group: this.name,
      lag: log.end - this.#cursor + this.#open,
      inFlight: this.#inFlight,
      delayed: this.#delayed,
      deadLetters: this.deadLetters,
      oldestUnsettledAt: oldest,
    };
  }

  #advance(member: Member, limit: number, now: number, batch: HeldDelivery[]): void {
    const log = this.channel.log;
    while (batch.length < limit) {
      const entry = log.at(this.#cursor);
      if (entry === undefined) return;
      this.#cursor++;
      if (this.#types !== undefined && !this.#types(entry.message.type)) {
        this.settled.add(entry.offset);
        continue;
      }
      this.#open++;
      const key = this.#backlog.claim(entry, member);
      if (key !== undefined)
        this.#hand(new HeldDelivery(entry, key, member, 1, now, undefined), member, batch);
    }
  }

  #again(waiting: Waiting, key: KeyState, member: Member, now: number, batch: HeldDelivery[]): boolean {
    if (typeof waiting === "number") {
      const entry = this.channel.log.at(waiting);
      if (entry === undefined) return false;
      this.#hand(new HeldDelivery(entry, key, member, 1, now, undefined), member, batch);
      return true;
    }
    const { entry, attempts, failure, firstAt = now } = waiting;
    this.#returned.delete(entry);
    this.#hand(new HeldDelivery(entry, key, member, attempts + 1, firstAt, failure), member, batch);
    return true;
  }

  #hand(delivery: HeldDelivery, member: Member, batch: HeldDelivery[]): void {
    this.#inFlight++;
    delivery.slot = member.held.push(delivery) - 1;
    batch.push(delivery);
  }

  #free(member: Member, delivery: HeldDelivery): void {
    const last = member.held.pop();
    if (last !== undefined && last !== delivery) {
      member.held[delivery.slot] = last;
      last.slot = delivery.slot;
    }
    delivery.holder = undefined;
    this.#inFlight--;
    this.#backlog.free(delivery);
  }

  /** False when a fault made it come too late. */
  #settleOne(member: Member, delivery: HeldDelivery, settlement: Settlement): boolean {
    switch (settlement.outcome) {
      case "ack":
        if (this.#server.faults?.losesAck() === true) return this.#loseAck(member, delivery);
        this.#free(member, delivery);
        this.#done(delivery.entry);
        return true;
      case "retry":
        this.#free(member, delivery);
        this.#retry(delivery, settlement.delayMs, settlement.failure);
        return true;
      case "release":
        this.giveBack(member, delivery, false);
        return true;
      case "deadLetter":
        this.#free(member, delivery);
        this.#shelve(delivery, settlement.failure);
        this.#done(delivery.entry);
        return true;
    }
  }

  #retry(delivery: HeldDelivery, delayMs: number, failure: Failure): void {
    const returned = returnedOf(delivery, delivery.attempt, failure);
    this.#returned.add(delivery.entry);
    if (!(delayMs > 0)) {
      this.#backlog.giveBack(returned);
      return;
    }
    this.#delayed++;
    this.#backlog.delay(returned);
    this.#server.alarms.add({ at: this.#server.now() + delayMs, fire: () => this.#due(returned) });
  }

  #due(returned: Returned): void {
    this.#delayed--;
    this.#backlog.due(returned);
    this.#server.wake(this);
  }

  #shelve(delivery: HeldDelivery, failure: Failure): void {
    const { entry, attempt: attempts, firstAt } = delivery;
    this.#shelf.add({ group: this, entry, attempts, failure, firstAt, lastAt: this.#server.now() });
  }

  /** Not when the member holds later messages of the key, which may be under way: that would break its order. */
  #loseAck(member: Member, delivery: HeldDelivery): boolean {
    if (this.ordering === "key" && delivery.key.held > 1) {
      this.#free(member, delivery);
      this.#done(delivery.entry);
      return true;
    }
    this.giveBack(member, delivery, true);
    return false;
  }

  #done(entry: Entry): void {
    this.#open--;
    if (this.#detached.size === 0 || !this.#detached.delete(entry)) this.settled.add(entry.offset);
  }
}

function returnedOf(delivery: HeldDelivery, attempts: number, failure: Failure | undefined): Returned {
  return { entry: delivery.entry, attempts, failure, firstAt: delivery.firstAt };
}
