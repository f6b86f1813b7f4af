import type { Delivery } from "../broker/contract.js";

interface Lane {
  readonly key: string | undefined;
  readonly queue: Delivery[];
  next: number;
}

/**
 * Who is handled when: at most `concurrency` at a time, and of one key one at a time in order. Without ordering every
 * delivery is a lane of its own. Lanes take turns, so a long queue of one key does not hold up others.
 */
export class Lanes {
  readonly #byKey = new Map<string, Lane>();
  #ready: Lane[] = [];
  #head = 0;
  #running = 0;

  constructor(
    private readonly ordered: boolean,
    private readonly concurrency: number,
    /** Handles one delivery, at once or later. Neither throws nor rejects. */
    private readonly handle: (delivery: Delivery) => Promise<void> | undefined,
  ) {}

  /** How many are being handled now. */
  get running(): number {
    return this.#running;
  }

  accept(batch: readonly Delivery[]): void {
    for (const delivery of batch) this.#enqueue(delivery);
    this.#pump();
  }

  /** Takes what waits behind a delivery of this key, or of all keys, out again. What runs goes on. */
  withdraw(key?: string): Delivery[] {
    const taken: Delivery[] = [];
    const lanes = key === undefined ? this.#allLanes() : [this.#byKey.get(key)];
    for (const lane of lanes) if (lane !== undefined) taken.push(...lane.queue.splice(lane.next));
    return taken;
  }

  #allLanes(): Iterable<Lane> {
    return this.ordered ? this.#byKey.values() : this.#ready.slice(this.#head);
  }

  #enqueue(delivery: Delivery): void {
    if (!this.ordered) {
      this.#ready.push({ key: undefined, queue: [delivery], next: 0 });
      return;
    }
    const { key } = delivery.message;
    const lane = this.#byKey.get(key);
    if (lane !== undefined) {
      lane.queue.push(delivery);
      return;
    }
    const created: Lane = { key, queue: [delivery], next: 0 };
    this.#byKey.set(key, created);
    this.#ready.push(created);
  }

  #pump(): void {
    while (this.#running < this.concurrency && this.#head < this.#ready.length) {
      const lane = this.#ready[this.#head++] as Lane;
      if (this.#head === this.#ready.length || this.#head > 1_024) {
        this.#ready = this.#ready.slice(this.#head);
        this.#head = 0;
      }
      this.#turn(lane);
    }
  }

  #turn(lane: Lane): void {
    const delivery = lane.queue[lane.next];
    if (delivery === undefined) {
      this.#retire(lane);
      return;
    }
    lane.next++;
    this.#running++;
    const handling = this.handle(delivery);
    if (handling === undefined) {
      this.#finish(lane);
      return;
    }
    void handling.then(() => {
      this.#finish(lane);
      this.#pump();
    });
  }

  #finish(lane: Lane): void {
    this.#running--;
    if (lane.next < lane.queue.length) this.#rejoin(lane);
    else this.#retire(lane);
  }

  #rejoin(lane: Lane): void {
    if (lane.next >= 64) {
      lane.queue.splice(0, lane.next);
      lane.next = 0;
    }
    this.#ready.push(lane);
  }

  #retire(lane: Lane): void {
    if (lane.key !== undefined) this.#byKey.delete(lane.key);
  }
}
