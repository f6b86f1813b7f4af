/** First in, first out, O(1) both ways; an array whose taken front is cut off now and then. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    // Or it would be kept from the garbage collector until the front is cut off.
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Everything, in order; the queue is empty then. */
  takeAll(): T[] {
    const taken: T[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) taken.push(item);
    return taken;
  }
}
