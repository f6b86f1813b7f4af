/** Started notes, and those whose entry has not come back yet, by the entry. */
import type { Lanes } from "./lanes.js";

export class Starts {
  readonly #tags: Map<string, number[]> = new Map();

  /** Returns the key of an entry that may be handed out now. Those of entries that are over go when loading is done. */
  noted(
    { ref, id }: { readonly ref: string; readonly id: string },
    tag: number,
    lanes: Lanes,
  ): string | undefined {
    const found = lanes.entry(ref);
    if (!found) {
      this.#tags.set(ref, [...(this.#tags.get(ref) ?? []), tag]);
      return undefined;
    }
    const [key, item] = found;
    item.held.notes?.push(tag);
    if (item.startId === id) {
      item.start = "there";
      return key;
    }
    item.held.attempt += 1;
    return undefined;
  }

  take(entry: string): readonly number[] {
    const tags = this.#tags.get(entry) ?? [];
    this.#tags.delete(entry);
    return tags;
  }

  takeAll(): readonly number[] {
    const tags = [...this.#tags.values()].flat();
    this.#tags.clear();
    return tags;
  }
}
