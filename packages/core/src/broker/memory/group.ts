import { Queue } from "../../util/queue.js";
import type { Failure, GroupReport, Settlement, SubscriptionRequest } from "../contract.js";
import { typeFilter } from "../type-filter.js";
import type { Backlog } from "./backlog.js";
import { HeldDelivery, type KeyState, type Past, type Returned, type Waiting } from "./delivery.js";
import type { ChannelView, Host, Taker } from "./host.js";
import { KeyedBacklog } from "./keyed-backlog.js";
import { Ledger } from "./ledger.js";
import { compareEntries, type Entry } from "./log.js";
import { PlainBacklog } from "./plain-backlog.js";
import type { DeadLetter, LetterOwner, Shelf } from "./shelf.js";

/** A batch in the making. */
interface Taking {
  readonly member: Taker;
  readonly batch: HeldDelivery[];
  /** For messages never delivered before. */
  readonly first: Past;
}

export interface GroupParts {
  readonly host: Host;
  readonly channel: ChannelView;
  readonly shelf: Shelf;
  readonly name: string;
  readonly ordering: SubscriptionRequest["ordering"];
  /** The offset it starts at. */
  readonly start: number;
}

/**
 * A group: its place in the log, what it has handed out, what waits. It outlives its members. Everything here is
 * synchronous; only `dispatch` hands over, and the host calls that outside everybody's stack.
 */
export class Group implements LetterOwner {
  readonly name: string;
  readonly channel: ChannelView;
  readonly ordering: SubscriptionRequest["ordering"];
  readonly members: Set<Taker> = new Set();
  deadLetters = 0;
  readonly #host: Host;
  readonly #shelf: Shelf;
  readonly #ledger: Ledger;
  readonly #backlog: Backlog;
  /** Members that asked for more, the longest waiting first. */
  readonly #waiting = new Queue<Taker>();
  /** Came back and not handed over again, delayed or not. */
  readonly #returned = new Set<Entry>();
  #inFlight = 0;
  #delayed = 0;
  /** Removed by a hard limit and not yet reported. */
  #missed = 0;

  constructor(parts: GroupParts) {
    this.name = parts.name;
    this.channel = parts.channel;
    this.ordering = parts.ordering;
    this.#host = parts.host;
    this.#shelf = parts.shelf;
    this.#ledger = new Ledger(parts.channel.log, parts.start);
    this.#backlog = parts.ordering === "key" ? new KeyedBacklog() : new PlainBacklog();
  }

  /** Everything in the log below it is settled. */
  get floor(): number {
    return this.#ledger.floor;
  }

  /** The filter is the group's: the last subscription says what it is, for what was not looked at yet. */
  filter(types: readonly string[] | undefined): void {
    this.#ledger.filter(typeFilter(types));
  }

  /** A member asks for its next batch. */
  ask(member: Taker): void {
    if (member.queued) return;
    member.queued = true;
    this.#waiting.push(member);
    this.wake();
  }

  /** Something may be there for those who wait. */
  wake(): void {
    if (this.#waiting.size > 0 || this.#missed > 0) this.#host.wake(this);
  }

  /** Hands out what there is to the members that asked for it, in turn, each its share. */
  dispatch(): void {
    if (this.#missed > 0) this.#reportGap();
    const idle: Taker[] = [];
    for (let member = this.#waiting.shift(); member !== undefined; member = this.#waiting.shift()) {
      member.queued = false;
      if (!member.hungry) continue;
      const share = Math.ceil(this.#available() / (this.#waiting.size + 1));
      const batch = share > 0 ? this.#take(member, Math.min(member.room, share)) : [];
      if (batch.length > 0) member.receive(batch);
      else idle.push(member);
    }
    for (const member of idle) {
      member.queued = true;
      this.#waiting.push(member);
    }
  }

  /** Returns how many of these deliveries the member no longer held. */
  settle(member: Taker, settlements: readonly Settlement[]): number {
    let stale = 0;
    for (const settlement of settlements) {
      const delivery = settlement.delivery;
      if (!(delivery instanceof HeldDelivery) || delivery.holder !== member) stale++;
      else if (!this.#settleOne(member, delivery, settlement)) stale++;
    }
    return stale;
  }

  /** Gives everything back that a member holds: counted when it was lost, uncounted when it was released. */
  takeBack(member: Taker, counted: boolean): void {
    const held = [...member.held].sort((a, b) => compareEntries(a.entry, b.entry));
    for (const delivery of held) this.#giveBack(member, delivery, counted);
    this.wake();
  }

  /** Gives back, of deliveries on their way, those that something earlier of their key must precede; returns the rest. */
  recall(member: Taker, batch: readonly HeldDelivery[]): HeldDelivery[] {
    return batch.filter((delivery) => {
      if (delivery.holder !== member || !this.#backlog.overtakes(delivery)) return true;
      this.#giveBack(member, delivery, false);
      return false;
    });
  }

  /** A retry of it could not be recorded: its key waits until it is settled or lost. */
  suspend(delivery: HeldDelivery): void {
    this.#backlog.suspend(delivery);
  }

  redrive(letter: DeadLetter): void {
    const entry = this.#ledger.reopen(letter.entry);
    this.#backlog.append({ entry, attempts: 0, failure: undefined, firstAt: undefined });
    this.wake();
  }

  /** A hard limit is about to remove everything below `first`, settled or not. */
  cut(first: number): void {
    if (first <= this.floor) return;
    const held = [...this.members].flatMap((member) => member.held.map((delivery) => delivery.entry));
    this.#missed += this.#ledger.cut(first, [...held, ...this.#returned]);
    this.wake();
  }

  report(): GroupReport {
    return {
      channel: this.channel.name,
      group: this.name,
      lag: this.#ledger.ahead + this.#ledger.open,
      inFlight: this.#inFlight,
      delayed: this.#delayed,
      deadLetters: this.deadLetters,
      oldestUnsettledAt: this.#ledger.oldestAt,
    };
  }

  /** How many could be handed over, at most. */
  #available(): number {
    return this.#ledger.ahead + this.#ledger.open - this.#inFlight - this.#delayed;
  }

  /** Hands up to `limit` messages to a member: half from what waited, so that neither it nor the log starves. */
  #take(member: Taker, limit: number): HeldDelivery[] {
    const first: Past = { attempts: 0, firstAt: this.#host.now(), failure: undefined };
    const batch: HeldDelivery[] = [];
    const taking: Taking = { member, batch, first };
    const handOver = (waiting: Waiting, key: KeyState): boolean => this.#again(waiting, key, taking);
    this.#backlog.serve(member, Math.ceil(limit / 2), handOver);
    while (batch.length < limit) {
      const entry = this.#ledger.next();
      if (entry === undefined) break;
      const key = this.#backlog.claim(entry, member);
      if (key !== undefined) this.#hand(new HeldDelivery(entry, key, member, first), taking);
    }
    if (batch.length < limit) this.#backlog.serve(member, limit - batch.length, handOver);
    return batch;
  }

  #again(waiting: Waiting, key: KeyState, taking: Taking): boolean {
    if (typeof waiting === "number") {
      const entry = this.channel.log.at(waiting);
      if (entry !== undefined) this.#hand(new HeldDelivery(entry, key, taking.member, taking.first), taking);
      return entry !== undefined;
    }
    const { entry, firstAt = taking.first.firstAt } = waiting;
    this.#returned.delete(entry);
    this.#hand(new HeldDelivery(entry, key, taking.member, { ...waiting, firstAt }), taking);
    return true;
  }

  #hand(delivery: HeldDelivery, taking: Taking): void {
    this.#inFlight++;
    delivery.slot = taking.member.held.push(delivery) - 1;
    taking.batch.push(delivery);
  }

  /** False when a fault made it come too late. */
  #settleOne(member: Taker, delivery: HeldDelivery, settlement: Settlement): boolean {
    switch (settlement.outcome) {
      case "ack":
        if (this.#losesAck(delivery)) {
          this.#giveBack(member, delivery, true);
          return false;
        }
        this.#free(member, delivery);
        break;
      case "deadLetter":
        this.#free(member, delivery);
        this.#shelve(delivery, settlement.failure);
        break;
      case "retry":
        this.#free(member, delivery);
        this.#retry(delivery, settlement.delayMs, settlement.failure);
        return true;
      case "release":
        this.#giveBack(member, delivery, false);
        return true;
    }
    this.#ledger.settle(delivery.entry);
    return true;
  }

  /** Never while later messages of the key are held too: they may be under way, and the order would break. */
  #losesAck(delivery: HeldDelivery): boolean {
    const faults = this.#host.faults;
    if (faults === undefined || !faults.losesAck()) return false;
    return this.ordering === "none" || delivery.key.held === 1;
  }

  #free(member: Taker, delivery: HeldDelivery): void {
    const last = member.held.pop();
    if (last !== undefined && last !== delivery) {
      member.held[delivery.slot] = last;
      last.slot = delivery.slot;
    }
    delivery.holder = undefined;
    this.#inFlight--;
    this.#backlog.free(delivery);
  }

  #giveBack(member: Taker, delivery: HeldDelivery, counted: boolean): void {
    this.#free(member, delivery);
    this.#returned.add(delivery.entry);
    const attempts = counted ? delivery.attempt : delivery.attempt - 1;
    this.#backlog.giveBack(returnedOf(delivery, attempts, delivery.lastFailure));
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
    this.#host.alarms.add({ at: this.#host.now() + delayMs, fire: () => this.#due(returned) });
  }

  #due(returned: Returned): void {
    this.#delayed--;
    this.#backlog.due(returned);
    this.wake();
  }

  #shelve(delivery: HeldDelivery, failure: Failure): void {
    const { entry, attempt: attempts, firstAt } = delivery;
    this.#shelf.add({ group: this, entry, attempts, failure, firstAt, lastAt: this.#host.now() });
  }

  /** Once per connection that has members; kept until there is one. */
  #reportGap(): void {
    if (this.members.size === 0) return;
    const missed = this.#missed;
    this.#missed = 0;
    const reports = new Set([...this.members].map((member) => member.report));
    for (const report of reports)
      report({ kind: "gap", channel: this.channel.name, group: this.name, missed });
  }
}

function returnedOf(delivery: HeldDelivery, attempts: number, failure: Failure | undefined): Returned {
  return { entry: delivery.entry, attempts, failure, firstAt: delivery.firstAt };
}
