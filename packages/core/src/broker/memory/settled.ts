const chunkSize = 1024;

/**
 * Which offsets a group has settled: everything below `floor`, and marks above it. Settling in order needs no
 * marks at all; out of order it costs a byte per offset until the floor has passed.
 */
export class SettledOffsets {
  readonly #marks = new Map<number, Uint8Array>();
  #floor: number;

  constructor(start: number) {
    this.#floor = start;
  }

  /** The lowest offset that is not settled. */
  get floor(): number {
    return this.#floor;
  }

  add(offset: number): void {
    if (offset > this.#floor) this.#mark(offset);
    else if (offset === this.#floor) this.#advance();
  }

  has(offset: number): boolean {
    if (offset < this.#floor) return true;
    return this.#marks.get(Math.floor(offset / chunkSize))?.[offset % chunkSize] === 1;
  }

  /** Counts everything below `offset` as settled. */
  raise(offset: number): void {
    while (this.#floor < offset) this.#advance();
  }

  #mark(offset: number): void {
    const index = Math.floor(offset / chunkSize);
    let marks = this.#marks.get(index);
    if (marks === undefined) {
      marks = new Uint8Array(chunkSize);
      this.#marks.set(index, marks);
    }
    marks[offset % chunkSize] = 1;
  }

  #advance(): void {
    do {
      this.#floor++;
      if (this.#marks.size === 0) return;
      if (this.#floor % chunkSize === 0) this.#marks.delete(this.#floor / chunkSize - 1);
    } while (this.has(this.#floor));
  }
}
