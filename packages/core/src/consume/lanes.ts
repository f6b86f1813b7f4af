import type { Delivery } from "../broker/contract.js";
import { Queue } from "../util/queue.js";

interface Lane {
  /** Undefined without ordering. */
  readonly key: string | undefined;
  readonly waiting: Queue<Delivery>;
}

/**
 * Who is handled when: at most `concurrency` at a time, and of one key one at a time in order. Without ordering every
 * delivery is a lane of its own. Lanes take turns, so a long queue of one key does not hold up others.
 */
export class Lanes {
  readonly #byKey = new Map<string, Lane>();
  readonly #ready = new Queue<Lane>();
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

  /** Takes out again what waits behind a delivery of this key, which is being handled. */
  withdraw(key: string): Delivery[] {
    return this.#byKey.get(key)?.waiting.takeAll() ?? [];
  }

  /** Takes out again all that is not being handled. */
  withdrawAll(): Delivery[] {
    const lanes = this.ordered ? [...this.#byKey.values()] : this.#ready.takeAll();
    return lanes.flatMap((lane) => lane.waiting.takeAll());
  }

  #enqueue(delivery: Delivery): void {
    const key = this.ordered ? delivery.message.key : undefined;
    const lane = key === undefined ? undefined : this.#byKey.get(key);
    if (lane === undefined) this.#open(key).waiting.push(delivery);
    else lane.waiting.push(delivery);
  }

  #open(key: string | undefined): Lane {
    const lane: Lane = { key, waiting: new Queue() };
    if (key !== undefined) this.#byKey.set(key, lane);
    this.#ready.push(lane);
    return lane;
  }

  #pump(): void {
    while (this.#running < this.concurrency) {
      const lane = this.#ready.shift();
      if (lane === undefined) return;
      this.#turn(lane);
    }
  }

  #turn(lane: Lane): void {
    const delivery = lane.waiting.shift();
    if (delivery === undefined) {
      this.#close(lane);
      return;
    }
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
    if (lane.waiting.size > 0) this.#ready.push(lane);
    else this.#close(lane);
  }

  #close(lane: Lane): void {
    if (lane.key !== undefined) this.#byKey.delete(lane.key);
  }
}
