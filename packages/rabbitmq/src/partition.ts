/**
 * One partition as a member sees it: waiting for a seat, reading the journal, or leading. A leader takes from the main queue,
 * hands out key by key in order, and sets aside what has to wait. Decision 007 says why it is made so.
 */
import type { ConsumeMessage } from "amqplib";
import { Dispatch } from "./dispatch.js";
import { type Feed, mostOpen } from "./feed.js";
import { Former } from "./former.js";
import { handedOver, rewritten } from "./handover.js";
import {
  batonNote,
  leavingNote,
  leftNote,
  markNote,
  type Note,
  newId,
  type Parsed,
  readNote,
  remember,
  sifted,
} from "./journal.js";
import type { Lanes } from "./lanes.js";
import { heldEntry, heldMain, type OrderedHeld } from "./ordered-held.js";
import type { Outgoing } from "./outgoing.js";
import type { Feeds, PartitionParts } from "./partition-parts.js";
import { Reading } from "./reading.js";
import { Rest } from "./rest.js";
import { Seats } from "./seats.js";
import { Starts } from "./starts.js";
import { readMessage, salvage } from "./wire.js";

export type Role = "idle" | "waiting" | "loading" | "leading" | "leaving";

export class Partition {
  readonly parts: PartitionParts;
  readonly dispatch: Dispatch;
  role: Role = "idle";
  readonly seats: Seats = new Seats((tag) => this.feeds?.held.ack(tag));
  feeds: Feeds | undefined;
  #reading: Reading | undefined;
  /** Its consumer of the journal, once it is there. */
  #standing: Promise<string> | undefined;
  #mark = "";
  #marked: () => void = () => undefined;
  /** Batons, and its own word that it is leaving: kept as long as it leads. */
  #kept: number[] = [];
  /** What came when it was no longer in line. */
  #late: number[] = [];
  #loading: Parsed[] = [];
  #seq = 0;
  readonly #former: Former = new Former();
  readonly rest: Rest;
  /** The name of its own leaving. */
  #leave = "";
  #hasLeft = false;
  /** Resolves when the handover is done that is under way: settlements wait for it. */
  handover: Promise<void> | undefined;
  readonly #starts: Starts = new Starts();

  constructor(parts: PartitionParts) {
    this.parts = parts;
    this.rest = new Rest(parts.clock);
    this.dispatch = new Dispatch({
      ...parts,
      leading: () => this.role === "leading" && this.#reading?.isWhole !== false,
      thawed: () => this.thawed,
    });
  }

  get leads(): boolean {
    return this.role === "leading" || this.role === "leaving";
  }

  get lanes(): Lanes {
    return this.dispatch.lanes;
  }

  /** Resolves when acknowledging does no harm. */
  get thawed(): Promise<void> {
    return this.#reading?.thawed ?? Promise.resolve();
  }

  /** Forgets everything: its channels are gone, or it has given the partition up. */
  reset(): void {
    this.role = "idle";
    this.dispatch.clear();
    this.#former.clear();
    this.#mark = "";
    this.#hasLeft = false;
    this.#starts.takeAll();
    this.#loading = [];
    this.#kept = [];
    this.#late = [];
    this.seats.clear();
    this.feeds = undefined;
    this.#reading?.forget();
    this.#reading = undefined;
    this.#standing = undefined;
    this.#seq = 0;
    this.parts.first?.reset();
  }

  /** Waits in the line of those who would lead. */
  async register(feeds: Feeds): Promise<void> {
    this.feeds = feeds;
    this.role = "waiting";
    this.#standing = feeds.held.consume(this.parts.heldQueue, mostOpen, (message) => this.#noted(message));
    await this.#standing;
  }

  /** Something from the journal. Being given anything at all means to be first in line. */
  #noted(message: ConsumeMessage): void {
    if (this.#hasLeft) return;
    const note = readNote(message);
    if (this.role === "waiting") this.role = "loading";
    if (this.role === "idle") this.#late.push(message.fields.deliveryTag);
    else if (!note) this.#ack(message);
    else if (note.kind === "mark") {
      this.#ack(message);
      if (note.id === this.#mark) this.#marked();
    } else if (this.role === "loading") this.#load(message, note);
    else this.#live(message, note);
  }

  /** With the baton in hand, all that others have left behind is there, and has been read when a mark comes. */
  #load(message: ConsumeMessage, note: Note): void {
    this.#loading.push([message, note]);
    if (note.kind !== "baton" || this.#mark !== "") return;
    this.#whenRead(() => this.#loaded());
  }

  /** Calls back when all that is in the journal now has been read. */
  #whenRead(then: () => void): void {
    this.#mark = newId();
    this.#marked = then;
    this.parts
      .send([markNote(this.parts.heldQueue, this.#mark)])
      .catch((error: unknown) => this.parts.failed(error));
  }

  #loaded(): void {
    if (this.role !== "loading") return;
    this.rest.begin();
    const all = this.#loading;
    this.#loading = [];
    const { alive, over, refs } = sifted(all);
    for (const [, note] of alive) if (note.kind === "entry") this.#seq = Math.max(this.#seq, note.seq ?? 0);
    for (const [message] of over) this.#ack(message);
    for (const [message, note] of alive) this.#live(message, note);
    this.role = "leading";
    for (const ref of refs) remember(this.#former.known, ref);
    for (const tag of this.#starts.takeAll()) this.feeds?.held.ack(tag);
    const reading = this.#read();
    this.#reading = reading;
    void reading.begun.then(() => this.parts.led());
    this.parts.ready();
  }

  #read(): Reading {
    const parts = {
      ...this.parts,
      before: this.#former.allAreBack(this.parts.clock),
      after: this.#former.ended,
      take: (message: ConsumeMessage, acked: () => void): void => this.#arrived(message, acked),
      heldElsewhere: () => [...this.lanes.all()].some(([, item]) => item.kind === "hold"),
    };
    return new Reading(parts, (this.feeds as Feeds).main);
  }

  /** Stops reading; what has been read is still to be dealt with. */
  async stop(): Promise<void> {
    this.role = "leaving";
    this.#leave = newId();
    await this.parts.send([leavingNote(this.parts.heldQueue, this.#leave)]);
    await this.#reading?.stop();
    await this.feeds?.main.flushed();
  }

  /** The end of leaving. What it is given from now on is for the next leader, its own words among it. */
  farewell(): readonly Outgoing[] {
    const { heldQueue } = this.parts;
    this.#hasLeft = true;
    return [leftNote(heldQueue, this.#leave, this.#former.passes), batonNote(heldQueue)];
  }

  /**
   * Leaves to the next leader all that is in the journal, written anew, and last the baton: put back, it would come in any
   * order. So would what is on its way to a consumer that is cancelled; so first it reads all that it has written.
   *
   * @param mine - what its handlers have, asked for when nothing can come any more
   */
  handOver(mine: () => readonly OrderedHeld[]): Promise<void> {
    this.handover = this.#handOver(mine).finally(() => {
      this.handover = undefined;
    });
    return this.handover;
  }

  async #handOver(mine: () => readonly OrderedHeld[]): Promise<void> {
    const { held, main } = this.feeds as Feeds;
    const over = this.rest.handover();
    const read = new Promise<void>((resolve) => this.#whenRead(resolve));
    await Promise.race([read, held.ended]);
    await held.cancel((await this.#standing) ?? "");
    const { notes, old, tags } = handedOver(this, mine());
    await this.parts.send([...notes, ...this.farewell()]);
    for (const one of old) one.ack();
    for (const tag of [...tags, ...this.#kept, ...this.#former.leavingTags]) held.ack(tag);
    this.reset();
    await Promise.all([main.flushed(), held.flushed()]);
    over();
  }

  /** Stands in line no more. What it was given in just this moment is given back. */
  async withdraw(): Promise<void> {
    this.role = "idle";
    const { feeds } = this;
    const consumer = await this.#standing;
    if (feeds?.held.open && consumer !== undefined) {
      await feeds.held.cancel(consumer);
      for (const tag of this.#late) feeds.held.requeue(tag);
    }
    this.reset();
  }

  /** Writes all of the journal anew, before the server loses patience with what waits here. */
  async refresh(): Promise<void> {
    if (this.role !== "leading") return;
    const { notes, old } = rewritten(this);
    const { heldQueue } = this.parts;
    const kept = [...this.#kept.splice(0), ...this.#former.leavingTags];
    await this.parts.send([...notes, ...this.#former.leavingNotes(heldQueue), batonNote(heldQueue)]);
    for (const one of old) one.ack();
    for (const tag of kept) this.feeds?.held.ack(tag);
  }

  #live(message: ConsumeMessage, note: Note): void {
    switch (note.kind) {
      case "entry":
        this.#entry(message, note);
        break;
      case "started": {
        const key = this.#starts.noted(note, message.fields.deliveryTag, this.lanes);
        if (key !== undefined) this.dispatch.look(key);
        break;
      }
      case "hold":
        this.#hold(message, note);
        break;
      case "done":
        this.#resolve(note.ref);
        this.#ack(message);
        break;
      case "seat":
        this.seats.put(note.member, message.fields.deliveryTag);
        this.parts.joined();
        break;
      case "leaving":
        if (note.id === this.#leave) this.#kept.push(message.fields.deliveryTag);
        else this.#former.leaves(note.id, message.fields.deliveryTag);
        break;
      case "baton":
        // Given back by the server, and not handed over.
        this.#former.hasDied ||= message.fields.redelivered;
        this.#kept.push(message.fields.deliveryTag);
        break;
      case "left":
        for (const tag of this.#former.hasLeft(note.id, note.passes)) this.feeds?.held.ack(tag);
        this.#ack(message);
        break;
      default:
        this.#ack(message);
    }
  }

  #entry(message: ConsumeMessage, note: Extract<Note, { kind: "entry" }>): void {
    const stored = readMessage(message) ?? salvage(message);
    const { key } = stored.message;
    const { feeds } = this;
    if (!feeds) return;
    const pending = this.lanes.remove(key, (item) => item.kind === "pending" && item.id === note.id);
    // What is not is a copy by a member that does not know yet that it leads no more: what it replaces has come back since.
    const isGivenBack = this.role !== "leading" || message.fields.redelivered;
    const isExpected = isGivenBack || note.replaces === "" || this.lanes.keyOf(note.replaces) !== undefined;
    if (this.#former.isTwin(note) || !(pending || isExpected)) {
      this.#ack(message);
      this.dispatch.look(key);
      return;
    }
    const waiting = this.lanes.takeHold(key, note.id);
    const known = this.lanes.entry(note.id);
    if (known) {
      known[1].held.place = message.fields.deliveryTag;
      return;
    }
    if (waiting) feeds.held.ack(waiting.tag);
    this.#resolve(note.replaces);
    this.#former.isBack(note.id);
    remember(this.#former.known, stored.offset);
    const seq = note.seq ?? pending?.seq ?? this.#nextSeq();
    this.#seq = Math.max(this.#seq, seq);
    const held = heldEntry(message, stored, {
      ...this.#at(feeds.held, note.id, seq),
      starts: this.#starts.take(note.id),
      wasHeld: waiting !== undefined,
    });
    this.lanes.insert(key, {
      kind: "entry",
      seq,
      id: note.id,
      due: note.due,
      held,
      start: "none",
      startId: "",
    });
    this.dispatch.look(key);
  }

  #hold(message: ConsumeMessage, { ref, key, seq }: Extract<Note, { kind: "hold" }>): void {
    const tag = message.fields.deliveryTag;
    const same = this.lanes.hold(key, ref);
    if (same) {
      this.feeds?.held.ack(same.tag);
      same.tag = tag;
      return;
    }
    if (this.#former.isOver(ref)) {
      this.feeds?.held.ack(tag);
      return;
    }
    this.#seq = Math.max(this.#seq, seq);
    this.lanes.insert(key, { kind: "hold", seq, ref, tag });
    this.dispatch.look(key);
  }

  /** A message that another held is dealt with. */
  #resolve(ref: string): void {
    if (ref === "") return;
    remember(this.#former.known, ref);
    const key = this.lanes.keyOf(ref);
    const item = key === undefined ? undefined : this.lanes.takeHold(key, ref);
    if (key === undefined || !item) return;
    this.feeds?.held.ack(item.tag);
    this.dispatch.look(key);
    this.#reading?.dropFirst();
  }

  /** Something from the main queue. */
  #arrived(message: ConsumeMessage, acked: () => void): void {
    const { feeds } = this;
    if (!feeds) return;
    const tag = message.fields.deliveryTag;
    const found = readMessage(message);
    const stored = found ?? salvage(message);
    const { key, type } = stored.message;
    if (found && this.parts.wanted && !this.parts.wanted(type)) {
      void this.#pass(tag, acked);
      return;
    }
    let seq: number | undefined;
    if (message.fields.redelivered) {
      this.#former.isBack(stored.offset);
      const item = this.lanes.takeHold(key, stored.offset);
      if (item) {
        feeds.held.ack(item.tag);
        seq = item.seq;
      } else if (this.#former.known.has(stored.offset)) {
        void this.#pass(tag, acked);
        return;
      }
    }
    const before = message.fields.redelivered ? this.lanes.placeBefore(key, stored.offset) : undefined;
    const at = this.#at(feeds.main, stored.offset, seq ?? before ?? this.#nextSeq());
    const held = heldMain(message, stored, at, acked);
    if (seq === undefined) held.attempt = this.#former.attemptOf(held.attempt, message.fields.redelivered);
    if (found) this.dispatch.add(held, seq !== undefined);
    else this.parts.bury(held);
  }

  /** Not for its group, or dealt with. */
  async #pass(tag: number, acked: () => void): Promise<void> {
    const { feeds } = this;
    await this.thawed;
    feeds?.main.ack(tag);
    acked();
  }

  #at(feed: Feed, ref: string, seq: number) {
    return { partition: this.parts.index, ref, seq, feed, now: this.parts.clock.now() };
  }

  #nextSeq(): number {
    return ++this.#seq;
  }

  #ack(message: ConsumeMessage): void {
    this.feeds?.held.ack(message.fields.deliveryTag);
  }
}
