import { type MemoryBroker, type MemoryBrokerOptions, memoryBroker } from "@meshwright/core";
import {
  type BrokerReport,
  type Clock,
  type Delivery,
  type Failure,
  type Settlement,
  type Subscription,
  type SubscriptionRequest,
  silentLogger,
  type WireMessage,
} from "@meshwright/core/adapter";

export const failure: Failure = { reason: "failed", code: "TEST", message: "test" };

/** Lets everything that is ready happen: hand-overs take microtasks, and now and then a turn of the event loop. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Time that moves only when told to. */
export class TestClock implements Clock {
  #now = 1_700_000_000_000;
  #timers: { at: number; run: () => void }[] = [];

  get timers(): number {
    return this.#timers.length;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await turns();
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
    await turns();
  }
}

export interface Connected {
  readonly broker: MemoryBroker;
  readonly reports: BrokerReport[];
}

export async function connect(
  clock: Clock,
  options: MemoryBrokerOptions = {},
  namespace = "test",
): Promise<Connected> {
  const broker = memoryBroker(options);
  const reports: BrokerReport[] = [];
  const report = (entry: BrokerReport): void => void reports.push(entry);
  await broker.open({ namespace, service: "test", clock, logger: silentLogger, report });
  return { broker, reports };
}

export function message(id: string, key = "k", more: Partial<WireMessage> = {}): WireMessage {
  return { id, type: "t", key, contentType: "text/plain", headers: {}, body: id, ...more };
}

export function messages(count: number, key: (index: number) => string = () => "k"): WireMessage[] {
  return Array.from({ length: count }, (_, index) => message(String(index), key(index)));
}

/** A member that always asks for more, and keeps what it gets until told otherwise. */
export class Reader {
  readonly held: Delivery[] = [];
  readonly batches: string[][] = [];
  ended = false;
  readonly subscription: Subscription;
  readonly #onDelivery: (delivery: Delivery) => void;

  constructor(subscription: Subscription, onDelivery: (delivery: Delivery) => void = () => undefined) {
    this.subscription = subscription;
    this.#onDelivery = onDelivery;
    void this.#read();
  }

  static async join(broker: MemoryBroker, request: Partial<SubscriptionRequest> = {}): Promise<Reader> {
    return new Reader(await broker.subscribe(requestOf(request)));
  }

  /** What it holds, as "id" or, from the second attempt on, "id#attempt". */
  get ids(): string[] {
    return this.held.map(label);
  }

  async settle(outcome: "ack" | "release", ...ids: string[]): Promise<void> {
    await this.subscription.settle(this.take(ids).map((delivery) => ({ delivery, outcome })));
  }

  async retry(id: string, delayMs: number, ...releases: string[]): Promise<void> {
    const [delivery] = this.take([id]);
    if (delivery === undefined) throw new Error(`${id} is not held`);
    const settlements: Settlement[] = [{ delivery, outcome: "retry", delayMs, failure }];
    for (const later of releases.length > 0 ? this.take(releases) : [])
      settlements.push({ delivery: later, outcome: "release" });
    await this.subscription.settle(settlements);
  }

  async deadLetter(...ids: string[]): Promise<void> {
    await this.subscription.settle(
      this.take(ids).map((delivery) => ({ delivery, outcome: "deadLetter", failure })),
    );
  }

  /** Takes deliveries out of `held`, by id; all without ids. */
  take(ids: readonly string[]): Delivery[] {
    const wanted = (delivery: Delivery): boolean => ids.length === 0 || ids.includes(delivery.message.id);
    const taken = this.held.filter(wanted);
    this.held.splice(0, this.held.length, ...this.held.filter((delivery) => !wanted(delivery)));
    return taken;
  }

  async #read(): Promise<void> {
    for await (const batch of this.subscription) {
      this.batches.push(batch.map(label));
      for (const delivery of batch) {
        this.held.push(delivery);
        this.#onDelivery(delivery);
      }
    }
    this.ended = true;
  }
}

export function requestOf(request: Partial<SubscriptionRequest>): SubscriptionRequest {
  return { channel: "c", group: "g", ordering: "key", from: "latest", prefetch: 100, ...request };
}

function label(delivery: Delivery): string {
  return delivery.attempt === 1 ? delivery.message.id : `${delivery.message.id}#${delivery.attempt}`;
}

export async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
