/**
 * The keys of a partition that are not simply read on: what of them waits, in order. A lane's head is ready, or it waits: for
 * its time, for its note, or for another member.
 */
import { isLater } from "./offsets.js";
import type { OrderedHeld } from "./ordered-held.js";

export type Item =
  /** Delivered by the main queue, not handed out. */
  | { readonly kind: "main"; readonly seq: number; readonly held: OrderedHeld }
  /** In the journal. */
  | EntryItem
  /** With another member, or with this one from before it led. */
  | HoldItem
  /** On its way into the journal. */
  | { readonly kind: "pending"; readonly seq: number; readonly id: string };

export interface HoldItem {
  readonly kind: "hold";
  readonly seq: number;
  readonly ref: string;
  tag: number;
}

export interface EntryItem {
  readonly kind: "entry";
  readonly seq: number;
  readonly id: string;
  readonly due: number;
  readonly held: OrderedHeld;
  /** Its started note: not written, on its way, there. */
  start: "none" | "asked" | "there";
  startId: string;
}

export class Lanes {
  readonly #lanes: Map<string, Item[]> = new Map();
  /** The keys of holds, by what is held, and those of entries: there may be thousands. */
  readonly #holds: Map<string, string> = new Map();
  readonly #entries: Map<string, readonly [key: string, item: EntryItem]> = new Map();
  #mains = 0;
  #pending = 0;

  /** How many messages of the main queue wait here. */
  get mains(): number {
    return this.#mains;
  }

  /** How many are in the journal, or on their way there. */
  get aside(): number {
    return this.#entries.size + this.#pending;
  }

  has(key: string): boolean {
    return this.#lanes.has(key);
  }

  head(key: string): Item | undefined {
    return this.#lanes.get(key)?.[0];
  }

  keys(): IterableIterator<string> {
    return this.#lanes.keys();
  }

  items(key: string): readonly Item[] {
    return this.#lanes.get(key) ?? [];
  }

  *all(): Generator<readonly [key: string, item: Item]> {
    for (const [key, items] of this.#lanes) for (const item of items) yield [key, item];
  }

  entry(id: string): readonly [key: string, item: EntryItem] | undefined {
    return this.#entries.get(id);
  }

  /** The place before the first entry of the key that the same publisher published later. */
  placeBefore(key: string, offset: string): number | undefined {
    const later = this.items(key).find((item) => item.kind === "entry" && isLater(item.held.offset, offset));
    return later && later.seq - 0.5;
  }

  /** At its place by `seq`, behind its equals. */
  insert(key: string, item: Item): void {
    const items = this.#lanes.get(key);
    if (item.kind === "main") this.#mains += 1;
    else if (item.kind === "pending") this.#pending += 1;
    else if (item.kind === "entry") this.#entries.set(item.id, [key, item]);
    else if (item.kind === "hold") this.#holds.set(item.ref, key);
    if (!items) {
      this.#lanes.set(key, [item]);
      return;
    }
    let at = items.length;
    while (at > 0 && (items[at - 1] as Item).seq > item.seq) at--;
    items.splice(at, 0, item);
  }

  remove(key: string, wanted: (item: Item) => boolean): Item | undefined {
    const items = this.#lanes.get(key);
    const at = items?.findIndex(wanted) ?? -1;
    if (!items || at < 0) return undefined;
    const [item] = items.splice(at, 1);
    if (item?.kind === "main") this.#mains -= 1;
    else if (item?.kind === "pending") this.#pending -= 1;
    else if (item?.kind === "entry") this.#entries.delete(item.id);
    else if (item?.kind === "hold") this.#holds.delete(item.ref);
    if (items.length === 0) this.#lanes.delete(key);
    return item;
  }

  hold(key: string, ref: string): HoldItem | undefined {
    if (this.#holds.get(ref) !== key) return undefined;
    const found = this.items(key).find((item) => item.kind === "hold" && item.ref === ref);
    return found?.kind === "hold" ? found : undefined;
  }

  takeHold(key: string, ref: string): HoldItem | undefined {
    const found = this.hold(key, ref);
    if (found) this.remove(key, (item) => item === found);
    return found;
  }

  /** The key of a hold. */
  keyOf(ref: string): string | undefined {
    return this.#holds.get(ref);
  }

  clear(): void {
    this.#lanes.clear();
    this.#holds.clear();
    this.#entries.clear();
    this.#mains = 0;
    this.#pending = 0;
  }
}
