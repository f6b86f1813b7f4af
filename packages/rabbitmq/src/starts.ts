/** Started notes whose entry has not come back yet, by the entry. */
export class Starts {
  readonly #tags: Map<string, number[]> = new Map();

  put(entry: string, tag: number): void {
    const known = this.#tags.get(entry);
    if (known) known.push(tag);
    else this.#tags.set(entry, [tag]);
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
