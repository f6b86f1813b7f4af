/** A live member of a group: claims when asked, settles, keeps its lease, gives everything back when closed. */
import {
  type BrokerContext,
  batchesOf,
  type Delivery,
  type Failure,
  refusals,
  type Settlement,
  Signal,
  type Subscription,
} from "@meshwright/core/adapter";
import { type Claimed, type ClaimedRow, claim, hasWork, nextTime, outlook } from "./claims.js";
import type { Connection } from "./connection.js";
import { shelve } from "./dead-letters.js";
import { brokerError } from "./errors.js";
import type { Group } from "./groups.js";
import { freeKeys } from "./keys.js";
import { messageFrom, messageValues } from "./log.js";
import { join, leaseOf, leave, renew } from "./members.js";
import { type Settled, settle } from "./settlements.js";
import { toText } from "./text.js";
import type { Transaction, Writer } from "./writer.js";

/** What a subscription works with. */
export interface SubscriptionParts {
  readonly db: Connection;
  readonly writer: Writer;
  readonly context: BrokerContext;
  readonly group: Group;
  readonly member: number;
  readonly prefetch: number;
  readonly leaseMs: number;
  readonly wanted: ((type: string) => boolean) | undefined;
  /** Called once, when it is closed. */
  readonly closed: (subscription: SqliteSubscription) => void;
}

/** What a member remembers of a delivery it holds. */
interface Held {
  readonly seq: number;
  readonly key: string;
}

/** A claim as it is committed: what to hand out, and who holds it. */
interface Taken {
  readonly member: number;
  readonly deliveries: readonly (readonly [Delivery, Held])[];
  readonly claimed: Claimed;
}

/** Bounds the memory of one step, whatever the prefetch. */
const largestBatch = 512;
const firstPauseMs = 50;
const longestPauseMs = 2_000;

export class SqliteSubscription implements Subscription {
  readonly #parts: SubscriptionParts;
  readonly #held: Map<Delivery, Held> = new Map();
  /** Keys of what is to be given back, which is not recorded yet: nothing later of them is yielded. */
  readonly #returning: Map<string, number> = new Map();
  readonly #signal: Signal = new Signal();
  #member: number;
  #batch: readonly Delivery[] = [];
  #eager = true;
  #iterated = false;
  #ended = false;
  #closing: Promise<void> | undefined;
  #pauseMs = 0;
  /** Ends a pause before its time; while there is none it does nothing. */
  #endPause: () => void = () => undefined;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#member = parts.member;
  }

  get channelId(): number {
    return this.#parts.group.log.id;
  }

  /** There may be something to take. */
  wake(): void {
    this.#signal.notify();
  }

  [Symbol.asyncIterator](): AsyncIterator<readonly Delivery[]> {
    if (this.#iterated) throw refusals.iteratedTwice();
    this.#iterated = true;
    return batchesOf({
      next: () => this.#next(),
      look: (batch) => this.#inOrder(batch),
      close: () => this.close(),
    });
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    const { db, writer, group } = this.#parts;
    const { settled, deliveries, unknown } = this.#sort(settlements);
    let stale = unknown;
    if (deliveries.length > 0) {
      stale += await writer.submit({
        doing: "settling",
        rows: deliveries.length,
        run: (transaction) => settle(db, transaction, group, settled),
        committed: () => this.#settled(deliveries, settled),
      });
    }
    if (stale > 0) this.#report({ kind: "stale-settlement", ...this.#names(), count: stale });
  }

  close(): Promise<void> {
    this.#ended = true;
    this.#endPause();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Renews the lease. A member that has lost it starts anew; what it held is in other hands. */
  renew(transaction: Transaction): boolean {
    return renew(this.#parts.db, this.#member, transaction.now + this.#parts.leaseMs);
  }

  lost(): void {
    this.#member = 0;
    this.#held.clear();
    this.#returning.clear();
    this.#eager = true;
    this.#signal.notify();
  }

  async #next(): Promise<readonly Delivery[] | undefined> {
    while (!this.#ended) {
      const seen = this.#signal.version;
      const want = Math.min(this.#parts.prefetch - this.#held.size, largestBatch);
      if (want <= 0) await this.#signal.wait(seen);
      else {
        const batch = await this.#step(want, seen);
        if (batch && batch.length > 0 && !this.#ended) return batch;
      }
    }
    return undefined;
  }

  /** Takes what there is, or waits for something to change. */
  async #step(want: number, seen: number): Promise<readonly Delivery[] | undefined> {
    try {
      if (!this.#eager) {
        const { db, context, group } = this.#parts;
        const ahead = outlook(db, group, this.#member);
        const now = context.clock.now();
        if (ahead && !hasWork(ahead, now)) {
          await this.#idle(seen, nextTime(ahead) - now);
          return undefined;
        }
      }
      await this.#claim(want);
      this.#recovered();
      return this.#batch;
    } catch (error) {
      await this.#pause(error);
      return undefined;
    }
  }

  async #idle(seen: number, untilMs: number): Promise<void> {
    const timed = Number.isFinite(untilMs);
    const cancel = timed ? this.#parts.context.clock.after(untilMs, () => this.wake()) : undefined;
    await this.#signal.wait(seen);
    cancel?.();
  }

  async #claim(want: number): Promise<void> {
    this.#batch = [];
    await this.#parts.writer.submit<Taken | undefined>({
      doing: "claiming",
      rows: want,
      run: (transaction) => (this.#ended ? undefined : this.#take(transaction, want)),
      committed: (taken) => taken && this.#accept(taken),
    });
  }

  #take(transaction: Transaction, want: number): Taken {
    const { db, group, wanted } = this.#parts;
    const member = this.#present(transaction);
    const claimed = claim(db, transaction, { group, member, want, wanted });
    const deliveries: [Delivery, Held][] = [];
    for (const row of claimed.rows) {
      const delivery = deliveryFrom(row);
      if (delivery) deliveries.push([delivery, { seq: row.row.seq, key: delivery.message.key }]);
      else this.#shelveUnreadable(transaction, member, row);
    }
    return { member, deliveries, claimed };
  }

  /** The member's id, a new one if its lease was taken. */
  #present(transaction: Transaction): number {
    const { db, group, leaseMs, context } = this.#parts;
    const leaseUntil = transaction.now + leaseMs;
    const current = leaseOf(db, this.#member);
    if (current === undefined) return join(db, group.id, leaseUntil, context.service);
    if (current <= transaction.now) renew(db, this.#member, leaseUntil);
    return this.#member;
  }

  /** A row that is no message any more: onto the shelf with what is there of it (B8). */
  #shelveUnreadable(
    transaction: Transaction,
    member: number,
    { row, head, attempt, firstAt }: ClaimedRow,
  ): void {
    const { db, group } = this.#parts;
    const key = db.get<{ key: string | null }>(
      "DELETE FROM mw_held WHERE member = ? AND seq = ? RETURNING key",
      member,
      row.seq,
    )?.key;
    const text = (index: 0 | 1 | 2 | 3): string => head?.[index] ?? "";
    const failure: Failure = {
      reason: "undecodable",
      code: "STORED_MESSAGE_UNREADABLE",
      message: "The stored row is no message: its headers or its columns are damaged.",
    };
    const message = [text(0), text(1), text(2), text(3), head?.[4] ?? null, row.body] as const;
    shelve(db, group.id, { seq: row.seq, message, attempts: attempt, failure, firstAt }, transaction.now);
    if (typeof key === "string") freeKeys(db, group.id, new Set([key]));
  }

  #accept({ member, deliveries, claimed }: Taken): void {
    if (member !== this.#member) {
      if (this.#member !== 0) this.#held.clear();
      this.#member = member;
    }
    this.#eager = claimed.more;
    for (const [delivery, held] of deliveries) this.#held.set(delivery, held);
    this.#batch = this.#inOrder(deliveries.map(([delivery]) => delivery));
    if (claimed.missed > 0) this.#report({ kind: "gap", ...this.#names(), missed: claimed.missed });
  }

  /** Gives back what was claimed while something earlier of its key was being given back. */
  #inOrder(batch: readonly Delivery[]): readonly Delivery[] {
    if (this.#returning.size === 0) return batch;
    const back: number[] = [];
    const kept = batch.filter((delivery) => {
      const held = this.#held.get(delivery);
      const after = held && this.#returning.get(held.key);
      if (!held || after === undefined || held.seq < after) return true;
      this.#held.delete(delivery);
      back.push(held.seq);
      return false;
    });
    if (back.length > 0) this.#giveBack(back);
    return kept;
  }

  /** Never yielded, so uncounted. */
  #giveBack(releases: number[]): void {
    const { db, writer, group } = this.#parts;
    const settled: Settled = { ...nothingSettled(this.#member), releases };
    const operation = writer.submit({
      doing: "releasing",
      rows: releases.length,
      run: (transaction) => settle(db, transaction, group, settled),
    });
    // What cannot be given back now is given back by `close` or by the end of the lease.
    operation.catch((error: unknown) => this.#parts.context.logger.warn({ err: error }, "release failed"));
  }

  #sort(settlements: readonly Settlement[]): {
    readonly settled: Settled;
    readonly deliveries: readonly Delivery[];
    readonly unknown: number;
  } {
    const settled = nothingSettled(this.#member);
    const deliveries = new Set<Delivery>();
    let unknown = 0;
    for (const settlement of settlements) {
      const { delivery } = settlement;
      const held = this.#held.get(delivery);
      if (!held || deliveries.has(delivery)) {
        unknown += 1;
        continue;
      }
      deliveries.add(delivery);
      this.#place(settled, settlement, held);
    }
    return { settled, deliveries: [...deliveries], unknown };
  }

  #place(settled: Settled, settlement: Settlement, { seq, key }: Held): void {
    const { ordered } = this.#parts.group;
    switch (settlement.outcome) {
      case "ack":
        settled.acks.push(seq);
        if (ordered) settled.doneKeys.add(toText(key));
        break;
      case "release":
        settled.releases.push(seq);
        this.#return(key, seq);
        break;
      case "retry":
        settled.retries.push({ seq, delayMs: settlement.delayMs, failure: settlement.failure });
        this.#return(key, seq);
        break;
      case "deadLetter":
        settled.dead.push({
          seq,
          message: messageValues(settlement.delivery.message),
          failure: settlement.failure,
        });
        if (ordered) settled.doneKeys.add(toText(key));
        break;
    }
  }

  #return(key: string, seq: number): void {
    if (this.#parts.group.ordered) this.#returning.set(key, Math.min(seq, this.#returning.get(key) ?? seq));
  }

  #settled(deliveries: readonly Delivery[], settled: Settled): void {
    if (settled.member !== this.#member) return;
    for (const delivery of deliveries) {
      const held = this.#held.get(delivery);
      this.#held.delete(delivery);
      if (held && this.#returning.get(held.key) === held.seq) this.#returning.delete(held.key);
    }
    this.#signal.notify();
  }

  async #close(): Promise<void> {
    const { db, writer, group, closed } = this.#parts;
    this.#signal.notify();
    try {
      await writer.submit({
        doing: "leaving a group",
        rows: this.#held.size + 1,
        run: (transaction) => {
          leave(db, this.#member);
          transaction.wake(group.log.id);
        },
      });
    } finally {
      this.#held.clear();
      closed(this);
    }
  }

  /** The database cannot be used now: the iteration waits, longer each time, and goes on by itself (B10). */
  async #pause(error: unknown): Promise<void> {
    const cause = brokerError(error, "reading");
    if (this.#pauseMs === 0) {
      this.#parts.context.logger.warn({ err: cause, ...this.#names() }, "cannot take messages, trying again");
      this.#report({ kind: "disconnected", cause });
    }
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, firstPauseMs), longestPauseMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#pauseMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #recovered(): void {
    if (this.#pauseMs === 0) return;
    this.#pauseMs = 0;
    this.#report({ kind: "connected" });
  }

  #report(report: Parameters<BrokerContext["report"]>[0]): void {
    this.#parts.context.report(report);
  }

  #names(): { readonly channel: string; readonly group: string } {
    const { channel, name } = this.#parts.group;
    return { channel, group: name };
  }
}

function nothingSettled(member: number): Settled {
  return { member, acks: [], releases: [], retries: [], dead: [], doneKeys: new Set() };
}

function deliveryFrom({ row, head, attempt, failure }: ClaimedRow): Delivery | undefined {
  if (!head) return undefined;
  try {
    const message = messageFrom(head, row.body);
    const offset = String(row.seq);
    if (failure === null) return { message, attempt, offset, storedAt: row.stored_at };
    const lastFailure = JSON.parse(failure) as Failure;
    return { message, attempt, offset, storedAt: row.stored_at, lastFailure };
  } catch {
    return undefined;
  }
}
