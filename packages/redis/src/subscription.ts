/** A live member of a group: reads when asked, settles, keeps its lease, gives everything back when closed. */
import {
  batchesOf,
  type Cancel,
  type Delivery,
  refusals,
  type Settlement,
  Signal,
  type Subscription,
  typeFilter,
} from "@meshwright/core/adapter";
import { Backoff } from "./backoff.js";
import type { Connection } from "./connection.js";
import { brokerError, isNoGroup } from "./errors.js";
import type { HeldDelivery } from "./holdings.js";
import { acceptEntries, acceptRecords, type Intake } from "./intake.js";
import { Member, type MemberParts } from "./member.js";
import { Reader } from "./reader.js";
import { Recorder } from "./recorder.js";
import { takeRecords } from "./scripts/take.js";
import { wakeMember } from "./scripts/wake.js";
import { emptyPlan, isEmpty } from "./settling.js";

export interface SubscriptionParts extends MemberParts {
  readonly timeoutMs: number;
  /** A connection for its reads, not connected yet. */
  createReader(silenceMs: number): Connection;
  /** Called once, when it is closed. */
  readonly closed: (subscription: RedisSubscription) => void;
}

/** How long a read waits at most. Bounds how long a dead connection's last read can linger in the server. */
const longestBlockMs = 2_000;
/** After so long without an entry it looks whether there is something to do for others. */
const firstBlockMs = 50;
/** So that one lost heartbeat costs nothing. */
const beatsPerLease = 3;
/** After so long without room, or without being asked, others may take over its partitions. */
const stallMs = 100;
/** How long `close` waits for a read to end before it cuts its connection. */
const longestCloseMs = 500;
/** Bounds the memory of one step, whatever the prefetch. */
const largestBatch = 512;
/** After a batch of so many there is likely to be more, and room for as many is worth a read ahead. */
const fewAhead = 64;

export class RedisSubscription implements Subscription {
  readonly #parts: SubscriptionParts;
  readonly #member: Member;
  readonly #recorder: Recorder;
  readonly #wanted: ((type: string) => boolean) | undefined;
  readonly #signal: Signal = new Signal();
  #reader: Reader | undefined;
  #starting: Promise<void> = Promise.resolve();
  #iterated = false;
  #asked = false;
  /** A step is waiting for messages and has room for them. */
  #asking = false;
  #askedUntil = 0;
  /** The member has to be brought up to date before the next read, and how. */
  #pendingSync: "asking" | "hungry" | undefined = "asking";
  #idle = false;
  /** A call failed whose effect is not known. */
  #inDoubt = false;
  /** When to compare with Redis what is held. */
  #strayChecks: number[] = [];
  #heartbeat: Cancel = () => undefined;
  #stall: Cancel = () => undefined;
  #stepping: Promise<HeldDelivery[] | undefined> | undefined;
  /** What is read while the caller handles the batch before it. */
  #ahead: Promise<HeldDelivery[] | undefined> | undefined;
  #ended = false;
  #closing: Promise<void> | undefined;
  readonly #backoff: Backoff = new Backoff();

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#member = new Member(parts);
    this.#recorder = new Recorder({
      ...parts,
      member: this.#member,
      doubt: () => {
        this.#inDoubt = true;
      },
      overtaken: () => this.#strayChecks.unshift(parts.context.clock.now()),
      recorded: () => this.#signal.notify(),
    });
    this.#wanted = typeFilter(parts.request.types);
  }

  /** Joins the group. */
  async start(): Promise<void> {
    this.#starting = this.#member.join();
    await this.#starting;
    if (!this.#ended) this.#beatLater();
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

  settle(settlements: readonly Settlement[]): Promise<void> {
    return this.#recorder.settle(settlements);
  }

  close(): Promise<void> {
    this.#ended = true;
    this.#backoff.end();
    this.#signal.notify();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #ordered(): boolean {
    return this.#parts.request.ordering === "key";
  }

  async #next(): Promise<readonly HeldDelivery[] | undefined> {
    this.#stall();
    try {
      while (!this.#ended) {
        const batch = await this.#oneStep();
        if (batch && batch.length > 0 && !this.#ended) return batch;
      }
      return undefined;
    } finally {
      this.#rest();
    }
  }

  async #oneStep(): Promise<HeldDelivery[] | undefined> {
    const ahead = this.#ahead;
    const room = this.#room();
    if (ahead === undefined && room <= 0) {
      const seen = this.#signal.version;
      this.#rest();
      await this.#signal.wait(seen);
      return undefined;
    }
    this.#ask();
    this.#ahead = undefined;
    if (ahead !== undefined) return await ahead;
    this.#member.holdings.beginStep();
    this.#stepping = this.#trying(this.#step(room));
    return await this.#stepping;
  }

  #ask(): void {
    this.#stall();
    if (this.#asking) return;
    // Others may have taken its partitions meanwhile.
    if (this.#parts.context.clock.now() - this.#askedUntil >= stallMs) this.#pendingSync ??= "asking";
    this.#asking = true;
    this.#asked = true;
  }

  #room(): number {
    return Math.min(this.#parts.request.prefetch - this.#member.holdings.size, largestBatch);
  }

  /** Reads what there is, while the caller handles a batch that was large. */
  #readAhead(batch: readonly HeldDelivery[]): void {
    const room = this.#room();
    if (batch.length < fewAhead || room < fewAhead || this.#ended) return;
    if (this.#hasToDo()) return;
    this.#member.holdings.beginStep();
    this.#ahead = this.#trying(this.#read(room));
    this.#stepping = this.#ahead;
  }

  /**
   * What is still the member's. Gives back what came while something earlier of its key was being given back: it was taken
   * before Redis knew of that.
   */
  #inOrder(came: readonly HeldDelivery[]): readonly HeldDelivery[] {
    const { holdings } = this.#member;
    const batch = came.filter((delivery) => holdings.holds(delivery));
    const late = batch.filter(({ message }) => holdings.isReturning(message.key));
    if (late.length === 0) {
      this.#readAhead(batch);
      return batch;
    }
    this.#recorder.giveBack(late);
    return batch.filter((delivery) => !late.includes(delivery));
  }

  /** Not reading at the moment; if that lasts, others may take what comes. */
  #rest(): void {
    this.#asking = false;
    this.#askedUntil = this.#parts.context.clock.now();
    this.#stall();
    if (this.#ended || !this.#ordered || !this.#asked) return;
    this.#stall = this.#parts.context.clock.after(stallMs, () => void this.#beat());
  }

  async #trying(step: Promise<HeldDelivery[] | undefined>): Promise<HeldDelivery[] | undefined> {
    try {
      const batch = await step;
      this.#backoff.succeeded();
      return batch;
    } catch (error) {
      if (isNoGroup(error)) this.#pendingSync = "asking";
      else await this.#pause(error);
      return undefined;
    }
  }

  /** Something comes before the next read. */
  #hasToDo(): boolean {
    const now = this.#parts.context.clock.now();
    const due = this.#member.dueAt <= now || (this.#strayChecks[0] ?? Number.POSITIVE_INFINITY) <= now;
    return due || this.#inDoubt || this.#pendingSync !== undefined || !this.#member.joined;
  }

  /** One thing after another: brings the member up to date, takes what is due, reads. */
  async #step(room: number): Promise<HeldDelivery[] | undefined> {
    const { clock } = this.#parts.context;
    if (!this.#member.joined) {
      await this.#member.rejoin();
      this.#pendingSync = "asking";
    }
    if (this.#inDoubt) await this.#clearUp();
    if ((this.#strayChecks[0] ?? Number.POSITIVE_INFINITY) <= clock.now()) await this.#releaseStrays();
    if (this.#pendingSync) {
      const mode = this.#pendingSync;
      this.#pendingSync = undefined;
      if (!(await this.#member.sync(mode).catch((error) => this.#syncLater(mode, error)))) return undefined;
    }
    if (this.#member.dueAt <= clock.now()) {
      const taken = await this.#take(room);
      if (taken.length > 0) return taken;
    }
    return await this.#read(room, this.#blockMs());
  }

  #syncLater(mode: "asking" | "hungry", error: unknown): never {
    this.#pendingSync = mode;
    throw error;
  }

  /** @param blockMs - the longest to wait for something; without it, what there is now is all */
  async #read(room: number, blockMs?: number): Promise<HeldDelivery[] | undefined> {
    this.#reader ??= new Reader(
      this.#parts.createReader(this.#parts.timeoutMs + longestBlockMs),
      this.#parts.root,
    );
    const { who, partitions } = this.#member;
    const wait = blockMs === undefined ? {} : { blockMs };
    const read = await this.#reader.read({ who, partitions, room, ...wait });
    // What came first is told first: a gap before what follows it.
    if (read.woken) await this.#woken();
    // Its lease has ended meanwhile, and what came is in other hands.
    if (this.#member.who[2] !== who[2] || !this.#member.joined) return undefined;
    if (read.streams.length === 0) {
      if (blockMs === undefined) return undefined;
      // For the first time since there was something: there may be somebody to help.
      if (!this.#idle && this.#ordered) this.#pendingSync = "hungry";
      this.#idle = true;
      return undefined;
    }
    this.#idle = false;
    return this.#accept((intake) => acceptEntries(intake, read.streams));
  }

  async #woken(): Promise<void> {
    try {
      if (!(await this.#member.sync("hungry"))) this.#pendingSync = "asking";
    } catch {
      this.#pendingSync = "hungry";
      this.#member.dueAt = 0;
    }
  }

  #blockMs(): number {
    const now = this.#parts.context.clock.now();
    const until = Math.min(this.#member.dueAt, this.#strayChecks[0] ?? Number.POSITIVE_INFINITY) - now;
    return Math.max(1, Math.min(this.#idle ? longestBlockMs : firstBlockMs, until));
  }

  async #take(room: number): Promise<HeldDelivery[]> {
    const { connection, root } = this.#parts;
    const { who, partitions, holdings } = this.#member;
    if (partitions.length === 0) return [];
    const call = holdings.nextCall();
    const reply = await takeRecords(connection, root, who, { room, partitions }).catch((error: unknown) => {
      this.#inDoubt = true;
      throw error;
    });
    if (reply[0] === "lost") {
      this.#pendingSync = "asking";
      return [];
    }
    this.#member.due(reply[1]);
    return this.#accept((intake) => acceptRecords(intake, reply[2], call));
  }

  /** Sorts what came into what is yielded and what is settled at once. */
  #accept(sort: (intake: Intake) => void): HeldDelivery[] {
    const intake: Intake = {
      holdings: this.#member.holdings,
      wanted: this.#wanted,
      ordered: this.#ordered,
      partitions: this.#member.partitions,
      batch: [],
      plan: emptyPlan(),
    };
    sort(intake);
    this.#recorder.recordLater(intake.plan);
    return intake.batch;
  }

  /** Calls failed: ends what they may still do, and sees to it that what they did is found. */
  async #clearUp(): Promise<void> {
    this.#inDoubt = false;
    try {
      await this.#member.fence();
    } catch (error) {
      this.#inDoubt = true;
      throw error;
    }
    const now = this.#parts.context.clock.now();
    // Without order a read that broke off is not ended, and may take something for as long as it was told to wait.
    this.#strayChecks = this.#ordered ? [now] : [now, now + longestBlockMs + 500];
  }

  async #releaseStrays(): Promise<void> {
    const strays = await this.#member.strays();
    this.#strayChecks.shift();
    const plan = emptyPlan();
    for (const { partition, id, record } of strays) {
      plan.changes.push([partition, id, record, "release", 0, ""]);
    }
    if (!isEmpty(plan)) await this.#recorder.record(plan, []);
    this.#member.dueAt = 0;
  }

  #beatLater(): void {
    this.#heartbeat = this.#parts.context.clock.after(this.#parts.leaseMs / beatsPerLease, () => {
      const beaten = this.#beat();
      void beaten.then(() => this.#ended || this.#beatLater());
    });
  }

  /** Renews the lease, also while nobody asks for messages. */
  async #beat(): Promise<void> {
    if (this.#ended) return;
    const silentMs = this.#parts.context.clock.now() - this.#askedUntil;
    const stalled = this.#asked && !this.#asking && silentMs >= stallMs;
    try {
      if (this.#member.joined && (await this.#member.sync(stalled ? "stalled" : "present"))) return;
      this.#pendingSync = "asking";
      await this.#member.rejoin();
    } catch (error) {
      this.#parts.context.logger.warn({ err: error, ...this.#names() }, "the lease was not renewed");
    }
  }

  async #close(): Promise<void> {
    const { connection, root, closed } = this.#parts;
    this.#heartbeat();
    this.#stall();
    // Who subscribes is told what went wrong with that.
    await this.#starting.catch(() => undefined);
    try {
      if (this.#asking)
        await wakeMember(connection, root, this.#member.who).catch(() => this.#reader?.close());
      const cancel = this.#parts.context.clock.after(longestCloseMs, () => this.#reader?.close());
      await this.#stepping;
      cancel();
      await this.#member.leave().catch((error: unknown) => {
        throw brokerError(error, "leaving a group");
      });
    } finally {
      this.#reader?.close();
      this.#member.holdings.clear();
      closed(this);
    }
  }

  /** Redis cannot be used now: the iteration waits, longer each time, and goes on by itself (B10). */
  async #pause(error: unknown): Promise<void> {
    if (this.#ended) return;
    const cause = brokerError(error, "reading");
    const log = this.#backoff.fresh ? "warn" : "debug";
    this.#parts.context.logger[log]({ err: cause, ...this.#names() }, "cannot take messages, trying again");
    this.#inDoubt = true;
    await this.#backoff.wait();
  }

  #names(): { readonly channel: string; readonly group: string } {
    const { channel, group } = this.#parts.request;
    return { channel, group };
  }
}
