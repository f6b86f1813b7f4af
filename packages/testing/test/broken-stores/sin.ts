/**
 * Deliberately broken stores: each is an honest store behind a wrapper with one sin. The kit must catch every one of them,
 * by the cases named and for the reason given; else those cases prove nothing.
 */
import type { MemoryDatabase, MemoryRows } from "@meshwright/core";
import type { Outbox, OutboxBacklog, OutboxBatch, Store, Transaction } from "@meshwright/core/adapter";
import type { StoreWorld } from "../../src/index.js";

export type AnyStore = Store<MemoryRows>;

/** What the stores of one case share. */
export interface Stage {
  readonly database: MemoryDatabase;
  readonly dead: WeakSet<MemoryRows>;
  /** Who holds a checkpoint, by its name. */
  readonly holders: Map<string, MemoryRows>;
  /** How often the database was restarted. */
  restarts: number;
  /** Rows that a sinner keeps beside those that wait. */
  kept: number;
}

export interface StoreSin {
  /** What it does wrong. */
  readonly sin: string;
  /** The cases that must fail, each with what its error must say. */
  readonly caughtBy: Readonly<Record<string, RegExp>>;
  /** Breaks an honest store. Called once per store; `stage` is what the stores of one case share. */
  commit?(store: AnyStore, stage: Stage): AnyStore;
  /** Breaks the world, where a store alone cannot sin. */
  world?(world: StoreWorld<MemoryRows>, stage: Stage): Partial<StoreWorld<MemoryRows>>;
  /** The lease that the store really keeps, where that is not the one it was made with. */
  readonly leaseMs?: number;
}

/** The same store as plain methods, to be spread and overridden. */
export function delegate(store: AnyStore): AnyStore {
  const { outbox } = store;
  return {
    name: store.name,
    capabilities: store.capabilities,
    outbox: {
      take: (limit) => outbox.take(limit),
      watch: (changed) => outbox.watch(changed),
      backlog: () => outbox.backlog(),
      refused: () => outbox.refused(),
      restore: (places) => outbox.restore(places),
      remove: (places) => outbox.remove(places),
    },
    streams: store.streams,
    documents: store.documents,
    open: (context) => store.open(context),
    transaction: (work, options) => store.transaction(work, options),
    pruneInbox: (before) => store.pruneInbox(before),
    checkpoints: (prefix) => store.checkpoints(prefix),
    close: () => store.close(),
  };
}

export function withOutbox(store: AnyStore, outbox: Partial<Outbox>): AnyStore {
  const plain = delegate(store);
  return { ...plain, outbox: { ...plain.outbox, ...outbox } };
}

/** What waits, as the twist tells it. */
export function withBacklog(store: AnyStore, twist: (told: OutboxBacklog) => OutboxBacklog): AnyStore {
  return withOutbox(store, { backlog: async () => twist(await store.outbox.backlog()) });
}

/** Each batch as the twist makes it; undefined is passed off as an empty outbox. */
export function withBatches(
  store: AnyStore,
  twist: (batch: OutboxBatch) => OutboxBatch | undefined | Promise<OutboxBatch | undefined>,
): AnyStore {
  return withOutbox(store, {
    async take(limit) {
      const batch = await store.outbox.take(limit);
      return batch === undefined ? undefined : twist(batch);
    },
  });
}

/** Each transaction as the twist makes it. */
export function withTransactions(
  store: AnyStore,
  twist: (tx: Transaction<MemoryRows>) => Partial<Transaction<MemoryRows>>,
): AnyStore {
  return {
    ...delegate(store),
    transaction: (work, options) =>
      store.transaction((tx) => {
        const plain: Transaction<MemoryRows> = {
          store: tx.store,
          client: tx.client,
          append: (rows) => tx.append(rows),
          claim: (claim) => tx.claim(claim),
          documents: tx.documents,
          log: tx.log,
          hold: (name) => tx.hold(name),
          move: (name, position) => tx.move(name, position),
        };
        return work({ ...plain, ...twist(tx) });
      }, options),
  };
}
