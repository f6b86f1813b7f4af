import { BrokerError } from "../../errors/errors.js";
import { Queue } from "../../util/queue.js";
import type { BrokerReport, Delivery, Settlement, Subscription } from "../contract.js";
import { refusals } from "../refusals.js";
import type { HeldDelivery, KeyState } from "./delivery.js";
import type { Group } from "./group.js";
import type { Host, Taker } from "./host.js";

/** What a member needs of the connection it belongs to. */
export interface Link {
  readonly live: boolean;
  /** Why nothing can be done now, if so. */
  refusal(): BrokerError | undefined;
  readonly report: (report: BrokerReport) => void;
  /** The member is closed: its place ends now, or when the connection is back or its lease runs out. */
  leave(member: Member): void;
}

type Step = IteratorResult<readonly Delivery[], undefined>;

const recorded: Promise<void> = Promise.resolve();
const end: Step = { done: true, value: undefined };

/** One subscription: asks, holds, settles. */
export class Member implements Subscription, Taker, AsyncIterator<readonly Delivery[], undefined> {
  readonly held: HeldDelivery[] = [];
  readonly own: Queue<KeyState> = new Queue();
  queued = false;
  closed = false;
  readonly #link: Link;
  readonly #host: Host;
  readonly #group: Group;
  readonly #prefetch: number;
  #iterated = false;
  #ended = false;
  #resolve: ((step: Step) => void) | undefined;
  /** On its way: handed over, and not looked at by the caller yet. */
  #unseen: HeldDelivery[] | undefined;

  constructor(host: Host, link: Link, group: Group, prefetch: number) {
    this.#host = host;
    this.#link = link;
    this.#group = group;
    this.#prefetch = prefetch;
  }

  get room(): number {
    return this.#prefetch - this.held.length;
  }

  get report(): (report: BrokerReport) => void {
    return this.#link.report;
  }

  get hungry(): boolean {
    return this.#resolve !== undefined && this.#unseen === undefined && this.room > 0 && this.#link.live;
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[], undefined> {
    if (this.#iterated) throw refusals.iteratedTwice();
    this.#iterated = true;
    return this;
  }

  next(): Promise<Step> {
    if (this.#ended) return Promise.resolve(end);
    if (this.#resolve !== undefined) {
      return Promise.reject(
        refuse("BROKER_NEXT_PENDING", "Wait for the batch asked for before asking for the next."),
      );
    }
    this.#unseen = undefined;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.wait();
    });
  }

  /** Leaving the loop ends the iteration. What is held stays held until it is settled or the subscription closed. */
  return(): Promise<Step> {
    this.end();
    return Promise.resolve(end);
  }

  settle(settlements: readonly Settlement[]): Promise<void> {
    const refusal = this.#link.refusal();
    if (refusal !== undefined) {
      this.#suspend(settlements);
      return Promise.reject(refusal);
    }
    const stale = this.#group.settle(this, settlements);
    this.#recall();
    this.wait();
    this.#group.wake();
    this.#group.channel.trim();
    if (stale > 0) this.#reportStale(stale);
    return recorded;
  }

  close(): Promise<void> {
    if (this.closed) return recorded;
    this.closed = true;
    this.end();
    this.#link.leave(this);
    return recorded;
  }

  /** Queues for the next batch, if it wants one. */
  wait(): void {
    if (this.hungry) this.#group.ask(this);
  }

  /** Takes a batch on its way to the caller. */
  receive(batch: HeldDelivery[]): void {
    this.#unseen = batch;
    const faults = this.#host.faults;
    if (faults === undefined) {
      this.#arrive(batch);
      return;
    }
    const keyed = this.#group.ordering === "key";
    if (faults.shuffles()) faults.shuffle(batch, (delivery) => (keyed ? delivery.message.key : delivery));
    const delay = faults.delay();
    if (delay === undefined) this.#arrive(batch);
    else this.#host.alarms.add({ at: this.#host.now() + delay, fire: () => this.#arrive(batch) });
  }

  /** The caller has it before it now. */
  seen(batch: readonly HeldDelivery[]): void {
    if (this.#unseen === batch) this.#unseen = undefined;
  }

  /** Everything held goes back to the group. `unseen` says whether what is on its way still arrives. */
  drop(options: { readonly counted: boolean; readonly unseen: "arrives" | "vanishes" }): void {
    if (options.unseen === "vanishes") this.#vanish();
    this.#group.takeBack(this, options.counted);
    this.wait();
  }

  /** Drops everything and leaves the group. */
  leave(options: { readonly counted: boolean }): void {
    this.drop({ counted: options.counted, unseen: "vanishes" });
    this.#group.members.delete(this);
  }

  /** Ends the iteration. */
  end(): void {
    this.#ended = true;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(end);
  }

  #arrive(batch: HeldDelivery[]): void {
    if (this.#unseen !== batch || this.#resolve === undefined) return;
    if (batch.length === 0) {
      this.#unseen = undefined;
      this.wait();
      return;
    }
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve(new Arrival(this, batch));
    if (this.#host.faults?.losesLease() === true) this.drop({ counted: true, unseen: "arrives" });
  }

  /** Empties what is on its way, in the very array that the caller will look at. */
  #vanish(): void {
    if (this.#unseen !== undefined) this.#unseen.length = 0;
  }

  /**
   * Between the hand-over and the moment the caller looks at the batch, something earlier of a key may have come back:
   * then what follows it in the batch must not be seen (B5).
   */
  #recall(): void {
    const batch = this.#unseen;
    if (batch === undefined) return;
    const kept = this.#group.recall(this, batch);
    if (kept.length < batch.length) batch.splice(0, batch.length, ...kept);
  }

  #suspend(settlements: readonly Settlement[]): void {
    for (const { outcome, delivery } of settlements) {
      const comesBack = outcome === "retry" || outcome === "release";
      const held = comesBack && this.held.find((candidate) => candidate === delivery);
      if (held) this.#group.suspend(held);
    }
    this.#recall();
  }

  #reportStale(count: number): void {
    const group = this.#group;
    this.report({ kind: "stale-settlement", channel: group.channel.name, group: group.name, count });
  }
}

/** A batch that knows when it is looked at. */
class Arrival {
  readonly done: false = false;
  readonly #member: Member;
  readonly #batch: readonly HeldDelivery[];

  constructor(member: Member, batch: readonly HeldDelivery[]) {
    this.#member = member;
    this.#batch = batch;
  }

  get value(): readonly Delivery[] {
    this.#member.seen(this.#batch);
    return this.#batch;
  }
}

function refuse(code: string, message: string): BrokerError {
  return new BrokerError(code, message, { retryable: false });
}
