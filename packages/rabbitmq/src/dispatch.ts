/**
 * What a leader has read and not handed out: most of it simply in order, and the lanes of the keys that wait. What comes a second
 * time is started first, by a note in the journal, so that a crash counts.
 */
import type { Cancel, Clock } from "@meshwright/core/adapter";
import { entryNote, newId, startedNote } from "./journal.js";
import { type Item, Lanes } from "./lanes.js";
import type { OrderedHeld } from "./ordered-held.js";
import type { Outgoing } from "./outgoing.js";

export interface DispatchParts {
  readonly heldQueue: string;
  readonly prefetch: number;
  readonly parked: number;
  readonly clock: Clock;
  leading(): boolean;
  /** Resolves when acknowledging does no harm. */
  thawed(): Promise<void>;
  send(messages: readonly Outgoing[]): Promise<unknown>;
  /** There may be something to hand out. */
  ready(): void;
  /** The journal could not be written: start over. */
  failed(error: unknown): void;
}

/** Behind all tags. */
const noTag = Number.MAX_SAFE_INTEGER;

export class Dispatch {
  readonly parts: DispatchParts;
  readonly lanes: Lanes = new Lanes();
  /** Read from the main queue, of keys that nothing holds up. */
  fresh: OrderedHeld[] = [];
  /** Keys whose lane begins with something to hand out, or to start. */
  readonly #ready: Set<string> = new Set();
  readonly #timers: Map<string, Cancel> = new Map();

  constructor(parts: DispatchParts) {
    this.parts = parts;
  }

  clear(): void {
    this.fresh = [];
    this.lanes.clear();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#ready.clear();
  }

  /** Something from the main queue; `first` puts it before what waits of its key. */
  add(held: OrderedHeld, first: boolean): void {
    const { key } = held.message;
    if (first || this.lanes.has(key)) {
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

  /**
   * Where the next one stands that simply comes in order, in the order in which the server delivered. None does while as many
   * are set aside as may be: each might have to be.
   */
  get nextTag(): number {
    const { leading, parked } = this.parts;
    return (leading() && this.lanes.aside < parked && this.fresh[0]?.tag) || noTag;
  }

  /** Those that come before a place, at most so many. */
  takeFresh(room: number, before: number): OrderedHeld[] {
    const end = this.fresh.findIndex(({ tag }) => tag >= before);
    return this.fresh.splice(0, Math.min(room, end < 0 ? this.fresh.length : end));
  }

  /** Takes what of the keys that waited may be handed out now. Entries are started first, and come later. Returns the room that is left. */
  takeReady(room: number, taken: OrderedHeld[]): number {
    if (!this.parts.leading()) return room;
    const starts: Outgoing[] = [];
    let left = room;
    for (const key of [...this.#ready]) {
      if (left <= 0) break;
      this.#ready.delete(key);
      left -= this.#takeLane(key, left, taken, starts);
    }
    if (starts.length > 0) {
      this.parts.send(starts).catch((error: unknown) => this.parts.failed(error));
    }
    return left;
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

  /** From now on the key waits for this entry, which is on its way (B5), and no longer for one that may not have got there. */
  block(held: OrderedHeld, id: string): void {
    const { key } = held.message;
    this.#awaitNothing(held);
    held.awaited = id;
    this.lanes.insert(key, { kind: "pending", seq: held.seq, id });
    const behind = this.fresh.filter((one) => one.message.key === key);
    if (behind.length > 0) this.fresh = this.fresh.filter((one) => one.message.key !== key);
    for (const one of behind) this.lanes.insert(key, { kind: "main", seq: one.seq, held: one });
    this.look(key);
  }

  /** Whether something earlier of its key waits, as it was given back. */
  isBehind(held: OrderedHeld): boolean {
    return this.lanes.items(held.message.key).some(({ seq }) => seq < held.seq);
  }

  /** The entry does not come. */
  unblock(held: OrderedHeld): void {
    if (held.awaited === "") return;
    this.#awaitNothing(held);
    this.look(held.message.key);
  }

  #awaitNothing({ awaited, message }: OrderedHeld): void {
    if (awaited !== "")
      this.lanes.remove(message.key, (item) => item.kind === "pending" && item.id === awaited);
  }

  /** When half of what the main queue may give at once stands behind waiting keys, it goes into the journal. */
  #makeRoom(): void {
    if (!this.parts.leading()) return;
    if (this.lanes.mains < Math.max(1, this.parts.prefetch >> 1)) return;
    if (this.lanes.aside >= this.parts.parked) return;
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
        await this.parts.thawed();
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

  /** Writes entries anew: the server gives back what it has waited for longer than half an hour. Returns what they replace. */
  rewritten(): { readonly copies: Outgoing[]; readonly old: OrderedHeld[] } {
    const copies: Outgoing[] = [];
    const old: OrderedHeld[] = [];
    for (const [key, item] of [...this.lanes.all()]) {
      if (item.kind !== "entry" || item.start !== "none") continue;
      const id = newId();
      this.lanes.remove(key, (one) => one === item);
      this.lanes.insert(key, { kind: "pending", seq: item.seq, id });
      copies.push(this.copy(item.held, id, item.due));
      old.push(item.held);
    }
    return { copies, old };
  }

  /** A copy for the journal, uncounted. */
  copy(held: OrderedHeld, id: string, due = 0): Outgoing {
    const place = { id, seq: held.seq, due, replaces: held.ref };
    return entryNote(this.parts.heldQueue, held, held.carried(held.attempt), place);
  }
}

/**
 * What may be handed out now, at most so many. What simply comes in order is taken as it came, over all partitions, so that it can
 * be acknowledged together.
 */
export function takeFrom(all: readonly Dispatch[], room: number): OrderedHeld[] {
  const taken: OrderedHeld[] = [];
  let left = room;
  for (const one of all) left = one.takeReady(left, taken);
  while (left > 0) {
    const [first, before] = earliest(all);
    if (!first) break;
    const next = first.takeFresh(left, before);
    taken.push(...next);
    left -= next.length;
  }
  return taken;
}

/** Who has what was delivered first, and up to where all that follows is his. */
function earliest(all: readonly Dispatch[]): readonly [first: Dispatch | undefined, before: number] {
  let first: Dispatch | undefined;
  let [least, next] = [noTag, noTag];
  for (const one of all) {
    const tag = one.nextTag;
    if (tag < least) {
      next = least;
      least = tag;
      first = one;
    } else if (tag < next) next = tag;
  }
  return [first, next];
}

function isReady(item: Item, now: number): boolean {
  if (item.kind === "main") return true;
  if (item.kind !== "entry") return false;
  return item.start === "there" || (item.start === "none" && item.due <= now);
}
