/** The members who stand in line for a partition, by the seats they put into its journal; with the tag of each. */
export class Seats {
  readonly #tags: Map<string, number> = new Map();
  readonly #ack: (tag: number) => void;

  constructor(ack: (tag: number) => void) {
    this.#ack = ack;
  }

  get members(): Iterable<string> {
    return this.#tags.keys();
  }

  /** A later seat of the same member takes the place of the earlier one. */
  put(member: string, tag: number): void {
    this.remove(member);
    this.#tags.set(member, tag);
  }

  /** The member has gone. */
  remove(member: string): void {
    const tag = this.#tags.get(member);
    if (tag !== undefined) this.#ack(tag);
    this.#tags.delete(member);
  }

  /** Whether one of these stands in line. */
  has(members: ReadonlySet<string>): boolean {
    for (const member of this.#tags.keys()) if (members.has(member)) return true;
    return false;
  }

  get tags(): Iterable<number> {
    return this.#tags.values();
  }

  /** Forgets them. */
  clear(): void {
    this.#tags.clear();
  }
}
