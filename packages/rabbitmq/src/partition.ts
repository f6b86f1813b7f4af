/**
 * One partition as a member sees it: waiting for a seat, reading the journal, or leading. A leader takes from the main queue,
 * hands out key by key in order, and sets aside what has to wait. Decision 007 says why it is made so.
 */
import type { Cancel, Clock } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import type { Feed } from "./feed.js";
import { type FirstQueue, isEnd } from "./first-queue.js";
import { entryNote, markNote, type Note, newId, readNote, startedNote } from "./journal.js";
import { type EntryItem, type Item, Lanes } from "./lanes.js";
import { OrderedHeld } from "./ordered-held.js";
import type { Outgoing } from "./publisher.js";
import { readCarried, readMessage, salvage } from "./wire.js";

export interface PartitionParts {
  readonly index: number;
  readonly mainQueue: string;
  readonly heldQueue: string;
  /** History that comes before the main queue, where the group started in the past. */
  readonly first: FirstQueue | undefined;
  readonly prefetch: number;
  readonly parked: number;
  readonly clock: Clock;
  readonly wanted: ((type: string) => boolean) | undefined;
  send(messages: readonly Outgoing[]): Promise<unknown>;
  /** Puts what is no message among the dead letters, then acknowledges it. */
  bury(held: OrderedHeld): void;
  /** There may be something to hand out. */
  ready(): void;
  /** It leads now. */
  led(partition: Partition): void;
  /** Somebody joined. */
  joined(): void;
  /** The journal could not be written: start over. */
  failed(error: unknown): void;
}

/** So long without a delivery, and none is on its way. */
const quietMs = 5;

export interface Feeds {
  readonly main: Feed;
  readonly held: Feed;
}

export type Role = "idle" | "waiting" | "loading" | "leading" | "leaving";

type Parsed = readonly [message: ConsumeMessage, note: Note];

export class Partition {
  readonly parts: PartitionParts;
  readonly lanes: Lanes = new Lanes();
  role: Role = "idle";
  /** Read from the main queue, of keys that nothing holds up; not handed out. */
  fresh: OrderedHeld[] = [];
  heldConsumer = "";
  mainConsumer = "";
  /** Settles when it reads from the main queue, or cannot. */
  consuming: Promise<void> = Promise.resolve();
  /** The members who stand in line, by the seats they put here; with the tag of each. */
  readonly seats: Map<string, number> = new Map();
  feeds: Feeds | undefined;
  /** Resolves when acknowledging does no harm. */
  thawed: Promise<void> = Promise.resolve();
  /** How many messages of the main queue it has not acknowledged, and how many have come. */
  #open = 0;
  #arrivals = 0;
  #mark = "";
  #loading: Parsed[] = [];
  #seq = 0;
  /** Keys whose lane begins with something to hand out, or to start. */
  readonly #ready: Set<string> = new Set();
  readonly #timers: Map<string, Cancel> = new Map();
  /** Offsets that are in the journal or are dealt with: what a dead leader had not yet acknowledged is known by them. */
  readonly #known: Set<string> = new Set();
  /** Started notes whose entry has not come back yet. */
  readonly #starts: Map<string, number[]> = new Map();

  constructor(parts: PartitionParts) {
    this.parts = parts;
  }

  get index(): number {
    return this.parts.index;
  }

  /** Forgets everything: its channels are gone, or it has given the partition up. */
  reset(): void {
    this.role = "idle";
    this.fresh = [];
    this.lanes.clear();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#ready.clear();
    this.#known.clear();
    this.#starts.clear();
    this.#loading = [];
    this.seats.clear();
    this.feeds = undefined;
    this.heldConsumer = "";
    this.mainConsumer = "";
    this.#seq = 0;
    this.#open = 0;
    this.thawed = Promise.resolve();
    this.parts.first?.reset();
  }

  /** Waits in the line of those who would lead. */
  async register(feeds: Feeds): Promise<void> {
    this.feeds = feeds;
    this.role = "waiting";
    this.heldConsumer = await feeds.held.consume(this.parts.heldQueue, 0, (message) => this.#noted(message));
  }

  /** Something from the journal. */
  #noted(message: ConsumeMessage): void {
    const note = readNote(message);
    if (this.role === "leaving" || this.role === "idle") {
      if (note?.kind !== "mark") this.feeds?.held.requeue(message.fields.deliveryTag);
      return;
    }
    if (!note) {
      this.#ack(message);
      return;
    }
    if (this.role === "waiting") this.#load();
    if (this.role === "leading") {
      this.#live(message, note);
      return;
    }
    if (note.kind === "mark" && note.id === this.#mark) this.#loaded(message);
    else this.#loading.push([message, note]);
  }

  /** Being given anything at all means to be first in line. */
  #load(): void {
    this.role = "loading";
    this.#mark = newId();
    this.parts
      .send([markNote(this.parts.heldQueue, this.#mark)])
      .catch((error: unknown) => this.parts.failed(error));
  }

  #loaded(mark: ConsumeMessage): void {
    this.#ack(mark);
    this.role = "leading";
    const all = this.#loading;
    this.#loading = [];
    const replaced = new Set(all.map(([, note]) => (note.kind === "entry" ? note.replaces : "")));
    const done = new Set(all.map(([, note]) => (note.kind === "done" ? note.ref : "")));
    for (const [, note] of all) if (note.kind === "entry") this.#seq = Math.max(this.#seq, note.seq ?? 0);
    for (const [message, note] of all) {
      const dead = note.kind === "entry" && (replaced.has(note.id) || done.has(note.id));
      const over = note.kind === "hold" && (replaced.has(note.ref) || done.has(note.ref));
      const noEntry = note.kind === "started" && (replaced.has(note.ref) || done.has(note.ref));
      if (dead || over || noEntry) this.#ack(message);
      else this.#live(message, note);
    }
    for (const ref of [...replaced, ...done]) this.#known.add(ref);
    this.#dropStrayStarts();
    this.consuming = this.#read();
    this.parts.ready();
  }

  /** Reads the first queue as far as there is one, then the main queue. */
  async #read(): Promise<void> {
    try {
      const first = this.parts.first;
      if (first && (await first.exists()))
        await this.#consume(first.name, (message) => this.#history(first, message));
      else await this.#consume(this.parts.mainQueue, (message) => this.#arrived(message));
      this.parts.led(this);
    } catch (error) {
      this.parts.failed(error);
    }
  }

  async #consume(queue: string, take: (message: ConsumeMessage) => void): Promise<void> {
    const { main } = this.feeds ?? {};
    if (main && this.role === "leading")
      this.mainConsumer = await main.consume(queue, this.parts.prefetch, take);
  }

  #history(first: FirstQueue, message: ConsumeMessage): void {
    if (!isEnd(message)) {
      first.open += 1;
      this.#arrived(message, () => {
        first.open -= 1;
        this.#dropFirst();
      });
      return;
    }
    // It stays in the queue for the next leader, until all of it is settled.
    const { main } = this.feeds ?? {};
    if (this.role !== "leading" || !main) {
      main?.requeue(message.fields.deliveryTag);
      return;
    }
    const cancelled = main.cancel(this.mainConsumer);
    main.requeue(message.fields.deliveryTag);
    this.mainConsumer = "";
    first.read = true;
    this.consuming = cancelled
      .then(() => this.#consume(this.parts.mainQueue, (one) => this.#arrived(one)))
      .catch((error: unknown) => this.parts.failed(error));
    this.#dropFirst();
  }

  /** Nobody holds anything of it any more. */
  #dropFirst(): void {
    const { first } = this.parts;
    if (!first?.read || first.open > 0 || this.role !== "leading") return;
    for (const [, item] of this.lanes.all()) if (item.kind === "hold") return;
    first.drop();
  }

  /**
   * Stops reading. What is on its way to a consumer that is cancelled goes back and is counted, so before that nothing is
   * acknowledged, until the limit is reached or nothing has come for a moment.
   */
  async stop(): Promise<void> {
    this.role = "leaving";
    let thaw: () => void = () => undefined;
    this.thawed = new Promise((resolve) => {
      thaw = resolve;
    });
    try {
      await this.consuming;
      const { main } = this.feeds ?? {};
      if (!main || this.mainConsumer === "") return;
      for (let seen = -1; this.#open < this.parts.prefetch && seen !== this.#arrivals; ) {
        seen = this.#arrivals;
        await new Promise<void>((resolve) => this.parts.clock.after(quietMs, resolve));
      }
      await main.cancel(this.mainConsumer);
    } finally {
      thaw();
    }
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
        this.#ack(message);
        this.#resolve(note.ref);
        break;
      case "seat":
        this.#ackSeat(note.member);
        this.seats.set(note.member, message.fields.deliveryTag);
        this.parts.joined();
        break;
      case "mark":
        this.#ack(message);
        break;
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
    this.#known.add(stored.offset);
    const seq = note.seq ?? pending?.seq ?? this.#nextSeq();
    const prior = this.#starts.get(note.id) ?? [];
    this.#starts.delete(note.id);
    const { attempt: counted, ...carried } = readCarried(message);
    // How often the server delivered it says nothing: only those that were started count.
    const attempt = counted - deliveries(message) + Math.max(prior.length, waiting ? 1 : 0);
    const place = {
      partition: this.index,
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
    this.look(key);
  }

  #started(message: ConsumeMessage, ref: string, id: string): void {
    const tag = message.fields.deliveryTag;
    const found = this.#entryItem(ref);
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
      this.look(key);
    } else item.held.attempt += 1;
  }

  #entryItem(id: string): readonly [string, EntryItem] | undefined {
    for (const [key, item] of this.lanes.all())
      if (item.kind === "entry" && item.id === id) return [key, item];
    return undefined;
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
    const back = this.lanes.items(key).find((item) => item.kind === "entry" && item.id === ref);
    if (back || this.#known.has(`done ${ref}`)) {
      this.feeds?.held.ack(tag);
      return;
    }
    this.#seq = Math.max(this.#seq, seq);
    this.lanes.insert(key, { kind: "hold", seq, ref, tag });
    this.look(key);
  }

  /** A message that another held is dealt with. */
  #resolve(ref: string): void {
    if (ref === "") return;
    this.#known.add(ref);
    for (const [key, item] of this.lanes.all()) {
      if (item.kind !== "hold" || item.ref !== ref) continue;
      this.lanes.remove(key, (one) => one === item);
      this.feeds?.held.ack(item.tag);
      this.look(key);
      this.#dropFirst();
      return;
    }
  }

  /** Something from the main queue. */
  #arrived(message: ConsumeMessage, settled?: () => void): void {
    const { feeds } = this;
    if (!feeds) return;
    const tag = message.fields.deliveryTag;
    const found = readMessage(message);
    const stored = found ?? salvage(message);
    const { key, type } = stored.message;
    this.#arrivals += 1;
    this.#open += 1;
    const acked = (): void => {
      this.#open -= 1;
      settled?.();
    };
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
      partition: this.index,
      source: "main" as const,
      ref: stored.offset,
      seq: seq ?? this.#nextSeq(),
      feed: feeds.main,
      tag,
      now: this.parts.clock.now(),
      acked,
    };
    const held = new OrderedHeld(stored, readCarried(message), place);
    if (!found) this.parts.bury(held);
    else if (seq !== undefined || this.lanes.has(key)) {
      this.lanes.insert(key, { kind: "main", seq: held.seq, held });
      this.look(key);
    } else {
      this.fresh.push(held);
      this.parts.ready();
    }
  }

  /** Looks at a lane's head: what is ready is handed out, what is not due gets a timer. Makes room in the main queue's limit. */
  look(key: string): void {
    this.#timers.get(key)?.();
    this.#timers.delete(key);
    this.#ready.delete(key);
    const head = this.lanes.head(key);
    if (!head) return;
    if (isReady(head, this.parts.clock.now())) {
      this.#ready.add(key);
      this.parts.ready();
      return;
    }
    if (head.kind === "entry" && head.start === "none") {
      const inMs = head.due - this.parts.clock.now();
      this.#timers.set(
        key,
        this.parts.clock.after(Math.max(1, inMs), () => this.look(key)),
      );
    }
    if (head.kind === "hold" || (head.kind === "entry" && head.start === "none")) this.#makeRoom();
  }

  /** What may be handed out now, at most so many. Entries are started first, and come later. */
  take(room: number): OrderedHeld[] {
    if (this.role !== "leading" || room <= 0) return [];
    const taken: OrderedHeld[] = [];
    const starts: Outgoing[] = [];
    let left = room;
    for (const key of [...this.#ready]) {
      if (left <= 0) break;
      this.#ready.delete(key);
      left -= this.#takeLane(key, left, taken, starts);
    }
    if (left > 0 && this.fresh.length > 0) taken.push(...this.fresh.splice(0, left));
    if (starts.length > 0) {
      this.parts.send(starts).catch((error: unknown) => this.parts.failed(error));
    }
    return taken;
  }

  #takeLane(key: string, room: number, taken: OrderedHeld[], starts: Outgoing[]): number {
    const now = this.parts.clock.now();
    let used = 0;
    for (const item of [...this.lanes.items(key)]) {
      if (used >= room || !isReady(item, now)) break;
      if (item.kind === "entry" && item.start === "none") {
        item.start = "asked";
        item.startId = newId();
        starts.push(startedNote(this.parts.heldQueue, item.startId, item.id));
      } else {
        // Behind some that are being started.
        if (this.lanes.head(key) !== item || (item.kind !== "main" && item.kind !== "entry")) break;
        this.lanes.remove(key, (one) => one === item);
        taken.push(item.held);
      }
      used += 1;
    }
    const head = this.lanes.head(key);
    if (head && isReady(head, now)) this.#ready.add(key);
    return used;
  }

  /** From now on the key waits for this entry, which is on its way (B5). */
  block(held: OrderedHeld, id: string): void {
    const { key } = held.message;
    this.lanes.insert(key, { kind: "pending", seq: held.seq, id });
    const behind = this.fresh.filter((one) => one.message.key === key);
    if (behind.length > 0) this.fresh = this.fresh.filter((one) => one.message.key !== key);
    for (const one of behind) this.lanes.insert(key, { kind: "main", seq: one.seq, held: one });
    this.look(key);
  }

  /** The entry did not get there. */
  unblock(held: OrderedHeld, id: string): void {
    const { key } = held.message;
    this.lanes.remove(key, (item) => item.kind === "pending" && item.id === id);
    this.look(key);
  }

  /** When half of what the main queue may give at once stands behind waiting keys, it goes into the journal. */
  #makeRoom(): void {
    if (this.role !== "leading") return;
    if (this.lanes.mains < Math.max(1, this.parts.prefetch >> 1)) return;
    if (this.lanes.entries >= this.parts.parked) return;
    const now = this.parts.clock.now();
    const parked: OrderedHeld[] = [];
    const copies: Outgoing[] = [];
    for (const key of [...this.lanes.keys()]) {
      const head = this.lanes.head(key);
      if (!head || isReady(head, now) || head.kind === "pending") continue;
      if (head.kind === "entry" && head.start !== "none") continue;
      for (const item of [...this.lanes.items(key)]) {
        if (item.kind !== "main") continue;
        const { held } = item;
        const id = newId();
        this.lanes.remove(key, (one) => one === item);
        this.lanes.insert(key, { kind: "pending", seq: item.seq, id });
        parked.push(held);
        copies.push(this.copy(held, id));
      }
    }
    if (copies.length === 0) return;
    this.parts.send(copies).then(
      async () => {
        await this.thawed;
        for (const held of parked) held.ack();
      },
      (error: unknown) => this.parts.failed(error),
    );
  }

  /** What it has read and not handed out, in order. */
  unread(): OrderedHeld[] {
    const unread = [...this.fresh];
    for (const [, item] of this.lanes.all()) {
      if (item.kind === "main" || (item.kind === "entry" && item.start !== "none")) unread.push(item.held);
    }
    return unread.sort((one, other) => one.seq - other.seq);
  }

  /** Puts back everything of the journal that stays as it is, the seats at the end. */
  putBack(): void {
    const { held } = this.feeds as Feeds;
    for (const [message] of this.#loading) held.requeue(message.fields.deliveryTag);
    for (const [, item] of this.lanes.all()) {
      if (item.kind === "hold") held.requeue(item.tag);
      else if (item.kind === "entry" && item.start === "none") {
        held.requeue(item.held.place);
        for (const tag of item.held.notes) held.requeue(tag);
      }
    }
    for (const tag of this.seats.values()) held.requeue(tag);
  }

  /** Leaves the line. Something may have come meanwhile: it goes back. */
  async withdraw(): Promise<void> {
    this.role = "leaving";
    const { feeds } = this;
    if (feeds?.held.open && this.heldConsumer !== "") {
      const cancelled = feeds.held.cancel(this.heldConsumer);
      this.putBack();
      await cancelled;
    }
    this.reset();
  }

  /** A member that stood in line has gone. */
  unseat(member: string): void {
    this.#ackSeat(member);
    this.seats.delete(member);
  }

  #ackSeat(member: string): void {
    const tag = this.seats.get(member);
    if (tag !== undefined) this.feeds?.held.ack(tag);
  }

  /** A copy for the journal, uncounted. */
  copy(held: OrderedHeld, id: string): Outgoing {
    const place = { id, seq: held.seq, replaces: held.ref };
    return entryNote(this.parts.heldQueue, held, held.carried(held.attempt), place);
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #ack(message: ConsumeMessage): void {
    this.feeds?.held.ack(message.fields.deliveryTag);
  }
}

function isReady(item: Item, now: number): boolean {
  if (item.kind === "main") return true;
  if (item.kind !== "entry") return false;
  return item.start === "there" || (item.start === "none" && item.due <= now);
}

/** What `readCarried` counted for deliveries by the server. */
function deliveries({ properties, fields }: ConsumeMessage): number {
  const count: unknown = properties.headers?.["x-delivery-count"];
  return typeof count === "number" ? count : fields.redelivered ? 1 : 0;
}
