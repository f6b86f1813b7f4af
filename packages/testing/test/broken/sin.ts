/**
 * Deliberately broken brokers: each is the honest memory broker behind a wrapper with one sin. The kit must catch every
 * one of them, by the cases named and for the reason given; else those cases prove nothing.
 */
import type { MemoryBroker } from "@meshwright/core";
import type { Clock, Delivery, Settlement, Subscription } from "@meshwright/core/adapter";
import type { ConformanceOptions } from "../../src/index.js";

export interface Sin {
  /** What it does wrong. */
  readonly sin: string;
  /** The cases that must fail, each with what its error must say. */
  readonly caughtBy: Readonly<Record<string, RegExp>>;
  /** Breaks an honest broker. Called once per connection; `lease` and `clock` are those of the test. */
  commit(broker: MemoryBroker, world: { readonly leaseMs: number; readonly clock: Clock }): MemoryBroker;
  /** Changes to the options, where the broker alone cannot sin. */
  readonly options?: () => Partial<ConformanceOptions<MemoryBroker>>;
}

/** The same broker as plain methods, to be spread and overridden. */
export function delegate(broker: MemoryBroker): MemoryBroker {
  return {
    name: broker.name,
    capabilities: broker.capabilities,
    open: (context) => broker.open(context),
    publish: (channel, messages) => broker.publish(channel, messages),
    subscribe: (request) => broker.subscribe(request),
    close: () => broker.close(),
    history: (request) => broker.history(request),
    deadLetters: (request) => broker.deadLetters(request),
    redrive: (request) => broker.redrive(request),
    purge: (request) => broker.purge(request),
    inspect: () => broker.inspect(),
    crash: () => broker.crash(),
    cut: () => broker.cut(),
    heal: () => broker.heal(),
  };
}

type Batches = AsyncIterator<readonly Delivery[]>;

export interface Twist {
  next?(inner: Batches): Promise<IteratorResult<readonly Delivery[]>>;
  settle?(settlements: readonly Settlement[], inner: Subscription): Promise<void>;
  close?(inner: Subscription): Promise<void>;
}

/** A broker whose subscriptions are twisted. Each subscription gets a twist of its own. */
export function twisted(broker: MemoryBroker, twist: () => Twist): MemoryBroker {
  return {
    ...delegate(broker),
    subscribe: async (request) => twistOne(await broker.subscribe(request), twist()),
  };
}

export function twistOne(inner: Subscription, twist: Twist): Subscription {
  const batches = inner[Symbol.asyncIterator]();
  return {
    settle: (settlements) => twist.settle?.(settlements, inner) ?? inner.settle(settlements),
    close: () => twist.close?.(inner) ?? inner.close(),
    [Symbol.asyncIterator]: () => ({ next: () => twist.next?.(batches) ?? batches.next() }),
  };
}
