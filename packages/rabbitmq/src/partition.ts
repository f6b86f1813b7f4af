/**
 * One partition as a member sees it: waiting for a seat, reading the journal, or leading. A leader takes from the main queue,
 * hands out key by key in order, and sets aside what has to wait. Decision 007 says why it is made so.
 */
import type { ConsumeMessage } from "amqplib";
import { Dispatch } from "./dispatch.js";
import type { Feed } from "./feed.js";
import {
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
import { OrderedHeld } from "./ordered-held.js";
import type { Feeds, PartitionParts } from "./partition-parts.js";
import type { Outgoing } from "./publisher.js";
import { Reading } from "./reading.js";
import { Seats } from "./seats.js";
import { readCarried, readMessage, salvage, serverCount } from "./wire.js";

const deathIsKnownMs = 200;

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
  #marked = false;
  /** One, unless queues were made in a hurry. Kept as long as it leads. */
  #batons: number[] = [];
  /** What came while it was leaving. */
  #late: number[] = [];
  #caughtUp: () => void = () => undefined;
  #loading: Parsed[] = [];
  #seq = 0;
  /** Offsets that are in the journal or are dealt with: what a dead leader had not yet acknowledged is known by them. */
  readonly #known: Set<string> = new Set();
  /** The leader before went in good order. */
  #orderly = false;
  /** Of leaders who stopped reading and did not come to the end of leaving. */
  readonly #leaving: Set<string> = new Set();
  #leave = "";
  /** What came back: a hold that is read later is of somebody who has lost it since. */
  readonly #came: Set<string> = new Set();
  /** Started notes whose entry has not come back yet. */
  readonly #starts: Map<string, number[]> = new Map();

  constructor(parts: PartitionParts) {
    this.parts = parts;
    this.dispatch = new Dispatch({
      ...parts,
      leading: () => this.role === "leading",
      thawed: () => this.thawed,
    });
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
    this.#known.clear();
    this.#came.clear();
    this.#orderly = false;
    this.#leaving.clear();
    this.#starts.clear();
    this.#loading = [];
    this.#batons = [];
    this.#marked = false;
    this.#late = [];
    this.seats.take();
    this.feeds = undefined;
    this.#reading = undefined;
    this.#standing = undefined;
    this.#seq = 0;
    this.parts.first?.reset();
  }

  /** Waits in the line of those who would lead. */
  async register(feeds: Feeds): Promise<void> {
    this.feeds = feeds;
    this.role = "waiting";
    this.#standing = feeds.held.consume(this.parts.heldQueue, 0, (message) => this.#noted(message));
    await this.#standing;
  }

  /** Something from the journal. */
  #noted(message: ConsumeMessage): void {
    const note = readNote(message);
    if (note?.kind === "baton") this.#batons.push(message.fields.deliveryTag);
    else if (this.role === "leaving" || this.role === "idle") this.#cameLate(message, note);
    else if (!note) this.#ack(message);
    else if (this.role === "leading") this.#live(message, note);
    else if (note.kind === "mark") this.#markCame(message, note.id);
    else this.#loading.push([message, note]);
    if (this.role === "waiting") this.#load();
    if (this.role === "loading" && this.#marked && this.#batons.length > 0) this.#loaded();
  }

  #cameLate(message: ConsumeMessage, note: Note | undefined): void {
    this.#late.push(message.fields.deliveryTag);
    if (note?.kind === "mark" && note.id === this.#mark) this.#caughtUp();
  }

  /** Being given anything at all means to be first in line. */
  #load(): void {
    this.role = "loading";
    this.#mark = newId();
    this.parts
      .send([markNote(this.parts.heldQueue, this.#mark)])
      .catch((error: unknown) => this.parts.failed(error));
  }

  /** One of another leader says nothing. */
  #markCame(message: ConsumeMessage, id: string): void {
    if (id === this.#mark) this.#marked = true;
    this.#ack(message);
  }

  #loaded(): void {
    this.role = "leading";
    const all = this.#loading;
    this.#loading = [];
    const { alive, over, refs } = sifted(all);
    for (const [, note] of alive) if (note.kind === "entry") this.#seq = Math.max(this.#seq, note.seq ?? 0);
    for (const [message] of over) this.#ack(message);
    for (const [message, note] of alive) this.#live(message, note);
    for (const ref of refs) remember(this.#known, ref);
    this.#dropStrayStarts();
    const reading = this.#read();
    this.#reading = reading;
    void reading.begun.then(() => this.parts.led());
    this.parts.ready();
  }

  #read(): Reading {
    const parts = {
      ...this.parts,
      before: this.#othersBack(),
      take: (message: ConsumeMessage, acked: () => void): void => this.#arrived(message, acked),
      heldElsewhere: () => [...this.lanes.all()].some(([, item]) => item.kind === "hold"),
    };
    return new Reading(parts, (this.feeds as Feeds).main);
  }

  /**
   * While a leader reads, nobody else is given anything of the main queue. One that died after it had stopped reading is no
   * longer in the way; the main queue may learn of its death a moment after the journal.
   */
  async #othersBack(): Promise<void> {
    if (this.#leaving.size === 0) return;
    this.#leaving.clear();
    await new Promise<void>((resolve) => this.parts.clock.after(deathIsKnownMs, resolve));
  }

  /** Stops reading; what has been read is still to be dealt with. */
  async stop(): Promise<void> {
    this.role = "leaving";
    this.#leave = newId();
    await this.parts.send([leavingNote(this.parts.heldQueue, this.#leave)]);
    await this.#reading?.stop();
  }

  /** To be stored with the last of what has been read. */
  left(): Outgoing {
    return leftNote(this.parts.heldQueue, this.#leave);
  }

  /** Before the server loses patience with what waits here. */
  async refresh(): Promise<void> {
    const { feeds } = this;
    if (this.role !== "leading" || !feeds) return;
    for (const tag of [...this.seats.take(), ...this.#batons.splice(0)]) feeds.held.requeue(tag);
    for (const [, item] of this.lanes.all()) if (item.kind === "hold") feeds.held.requeue(item.tag);
    const { copies, old } = this.dispatch.rewritten();
    await this.parts.send(copies);
    for (const held of old) held.ack();
  }

  #live(message: ConsumeMessage, note: Note): void {
    switch (note.kind) {
      case "entry":
        this.#entry(message, note);
        break;
      case "started":
        this.#started(message, note.ref, note.id);
        break;
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
        this.#leaving.add(note.id);
        this.#ack(message);
        break;
      case "left":
        this.#orderly = true;
        this.#leaving.delete(note.id);
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
    const waiting = this.lanes.remove(key, (item) => item.kind === "hold" && item.ref === note.id);
    const known = this.lanes.items(key).find((item) => item.kind === "entry" && item.id === note.id);
    if (known?.kind === "entry") {
      known.held.place = message.fields.deliveryTag;
      return;
    }
    const pending = this.lanes.remove(key, (item) => item.kind === "pending" && item.id === note.id);
    if (waiting?.kind === "hold") feeds.held.ack(waiting.tag);
    this.#resolve(note.replaces);
    remember(this.#came, note.id);
    remember(this.#known, stored.offset);
    const seq = note.seq ?? pending?.seq ?? this.#nextSeq();
    const prior = this.#starts.get(note.id) ?? [];
    this.#starts.delete(note.id);
    const { attempt: counted, ...carried } = readCarried(message);
    // How often the server delivered it says nothing: only those that were started count.
    const attempt = counted - serverCount(message) + Math.max(prior.length, waiting ? 1 : 0);
    const place = {
      partition: this.parts.index,
      source: "entry" as const,
      ref: note.id,
      seq,
      feed: feeds.held,
      tag: message.fields.deliveryTag,
      now: this.parts.clock.now(),
    };
    const held = new OrderedHeld(stored, { ...carried, attempt }, place);
    held.notes.push(...prior);
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

  #started(message: ConsumeMessage, ref: string, id: string): void {
    const tag = message.fields.deliveryTag;
    const found = this.lanes.entry(ref);
    if (!found) {
      // Of an entry that follows, or that is over: those go when loading is done.
      const known = this.#starts.get(ref);
      if (known) known.push(tag);
      else this.#starts.set(ref, [tag]);
      return;
    }
    const [key, item] = found;
    item.held.notes.push(tag);
    if (item.startId === id) {
      item.start = "there";
      this.dispatch.look(key);
    } else item.held.attempt += 1;
  }

  #dropStrayStarts(): void {
    for (const tags of this.#starts.values()) for (const tag of tags) this.feeds?.held.ack(tag);
    this.#starts.clear();
  }

  #hold(message: ConsumeMessage, { ref, key, seq }: Extract<Note, { kind: "hold" }>): void {
    const tag = message.fields.deliveryTag;
    const same = this.lanes.items(key).find((item) => item.kind === "hold" && item.ref === ref);
    if (same?.kind === "hold") {
      same.tag = tag;
      return;
    }
    if (this.#came.has(ref) || this.#known.has(ref)) {
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
    remember(this.#known, ref);
    for (const [key, item] of this.lanes.all()) {
      if (item.kind !== "hold" || item.ref !== ref) continue;
      this.lanes.remove(key, (one) => one === item);
      this.feeds?.held.ack(item.tag);
      this.dispatch.look(key);
      this.#reading?.dropFirst();
      return;
    }
  }

  /** Something from the main queue. */
  #arrived(message: ConsumeMessage, acked: () => void): void {
    const { feeds } = this;
    if (!feeds) return;
    const tag = message.fields.deliveryTag;
    const found = readMessage(message);
    const stored = found ?? salvage(message);
    const { key, type } = stored.message;
    const pass = async (): Promise<void> => {
      await this.thawed;
      feeds.main.ack(tag);
      acked();
    };
    if (found && this.parts.wanted && !this.parts.wanted(type)) {
      void pass();
      return;
    }
    let seq: number | undefined;
    if (message.fields.redelivered) {
      remember(this.#came, stored.offset);
      const item = this.lanes.remove(key, (one) => one.kind === "hold" && one.ref === stored.offset);
      if (item?.kind === "hold") {
        feeds.held.ack(item.tag);
        seq = item.seq;
      } else if (this.#known.has(stored.offset)) {
        void pass();
        return;
      }
    }
    const place = {
      partition: this.parts.index,
      source: "main" as const,
      ref: stored.offset,
      seq: seq ?? this.#nextSeq(),
      feed: feeds.main,
      tag,
      now: this.parts.clock.now(),
      acked,
    };
    const held = new OrderedHeld(stored, readCarried(message), place);
    // It was on its way to the leader before, who never had it.
    if (this.#orderly && message.fields.redelivered && seq === undefined && held.attempt > 1)
      held.attempt -= 1;
    if (found) this.dispatch.add(held, seq !== undefined);
    else this.parts.bury(held);
  }

  /** Puts back everything of the journal that stays as it is: the seats at the end, and the batons last. */
  #putBack(): void {
    const { held } = this.feeds as Feeds;
    for (const [message] of this.#loading) held.requeue(message.fields.deliveryTag);
    for (const [, item] of this.lanes.all()) {
      if (item.kind === "hold") held.requeue(item.tag);
      else if (item.kind === "entry" && item.start === "none") {
        held.requeue(item.held.place);
        for (const tag of item.held.notes) held.requeue(tag);
      }
    }
    for (const tag of [...this.#late, ...this.seats.take(), ...this.#batons]) held.requeue(tag);
  }

  /**
   * Leaves the line. What is on its way to a consumer that is cancelled goes back by itself, but maybe late. So first it
   * waits for all that it has written itself, by a mark. The next leader is at work as soon as this one is cancelled, and
   * waits for the baton.
   */
  async withdraw(): Promise<void> {
    const led = this.#batons.length > 0;
    this.role = "leaving";
    const { feeds } = this;
    const consumer = await this.#standing;
    if (feeds?.held.open && consumer !== undefined) {
      if (led) await this.#catchUp(feeds.held);
      await feeds.held.cancel(consumer);
      this.#putBack();
    }
    this.reset();
  }

  async #catchUp(held: Feed): Promise<void> {
    this.#mark = newId();
    const there = new Promise<void>((resolve) => {
      this.#caughtUp = resolve;
    });
    await this.parts.send([markNote(this.parts.heldQueue, this.#mark)]);
    await Promise.race([there, held.ended]);
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #ack(message: ConsumeMessage): void {
    this.feeds?.held.ack(message.fields.deliveryTag);
  }
}
