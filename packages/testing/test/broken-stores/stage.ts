/**
 * Where broken stores sin: an honest store with every ability that the kit asks for, on the memory store. Its
 * transactions are under way at the same time and checked when they commit, its connections can die, and it restarts.
 */
import { type MemoryRows, memoryDatabase, memoryStore } from "@meshwright/core";
import { Nesting, StoreError, storeRefusals, type Transaction, withRetries } from "@meshwright/core/adapter";
import type { StoreWorld } from "../../src/index.js";
import { Draft } from "./draft.js";
import { type AnyStore, delegate, type Stage, type StoreSin, withBatches } from "./sin.js";

/** Longer than a busy machine keeps a test waiting. */
export const stageLeaseMs = 1_000;

function newStage(): Stage {
  return { database: memoryDatabase(), dead: new WeakSet(), holders: new Map(), restarts: 0, kept: 0 };
}

/** The world of a case, with a sin or without one. */
export function worldOf({
  commit,
  world,
  leaseMs = stageLeaseMs,
}: Partial<StoreSin>): StoreWorld<MemoryRows> {
  const stage = newStage();
  const other = newStage();
  const on = (where: Stage): AnyStore => {
    const honest = restartable(
      optimistic(memoryStore({ database: where.database, lease: leaseMs }), where),
      where,
    );
    return commit?.(honest, where) ?? delegate(honest);
  };
  const honest: StoreWorld<MemoryRows> = {
    create: () => on(stage),
    elsewhere: () => on(other),
    write: async (client, key, value) => client.set(key, value),
    read: async (key) => stage.database.rows.get(key) as string | undefined,
    abandon: (client) => void stage.dead.add(client),
    conflict: async (client, key) => client.set(key, `${client.get(key) ?? ""}.`),
    restart: async () => {
      stage.restarts++;
    },
    misfits: { "an older version of the tables": () => misfit(on(stage)) },
    rowsLeft: async () => stage.database.waiting.size + stage.kept,
  };
  return { ...honest, ...world?.(honest, stage) };
}

/** Finds tables that are too old. */
function misfit(store: AnyStore): AnyStore {
  const open = async (): Promise<void> => {
    throw new StoreError("TEST_SCHEMA_OLDER", "The tables are older than this store. Migrate them.", {
      retryable: false,
    });
  };
  return { ...delegate(store), open };
}

/** What was taken before a restart cannot be ended after it. */
function restartable(store: AnyStore, stage: Stage): AnyStore {
  return withBatches(store, ({ rows, end }) => {
    const { restarts } = stage;
    return {
      rows,
      async end(outcome) {
        if (restarts === stage.restarts) return end(outcome);
        await end({ published: [] });
        throw storeRefusals.leaseLost();
      },
    };
  });
}

/** Transactions under way at the same time. What one has read and done has to come out the same at its commit. */
function optimistic(store: AnyStore, stage: Stage): AnyStore {
  const nesting = new Nesting();
  const underWay = new Set<Promise<unknown>>();
  let closing = false;
  const once = async <T>(work: (tx: Transaction<MemoryRows>) => Promise<T>): Promise<T> => {
    const draft = new Draft(store, stage);
    try {
      const result = await work(draft).finally(() => draft.end());
      if (stage.dead.has(draft.client)) throw connectionLost();
      await draft.commit();
      return result;
    } finally {
      draft.release();
    }
  };
  return {
    ...delegate(store),
    capabilities: { durable: true, reach: "machine", concurrent: true },
    async transaction(work, { retries = 0 } = {}) {
      if (closing) throw storeRefusals.closed();
      const done = nesting.run(async () => {
        await store.transaction(async () => undefined);
        return withRetries(retries, () => once(work));
      });
      underWay.add(done);
      return done.finally(() => underWay.delete(done));
    },
    async close() {
      closing = true;
      await Promise.allSettled(underWay);
      await store.close();
    },
  };
}

function connectionLost(): StoreError {
  return new StoreError("TEST_CONNECTION_LOST", "The connection died before the commit.", {
    retryable: true,
  });
}
