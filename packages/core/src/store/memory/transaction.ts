import type { Claim, OutboxRow, Store, Transaction } from "../contract.js";
import { storeRefusals } from "../refusals.js";
import type { MemoryDatabase } from "./database.js";
import { StagedDocuments } from "./documents.js";

/** What a transaction of the memory store has for the service's own data: it is there after the commit, or not at all. */
export interface MemoryRows {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

export interface MemoryTransaction {
  readonly tx: Transaction<MemoryRows>;
  commit(): void;
  /** Does nothing after a commit. */
  rollback(): void;
}

/** Everything it does is kept aside until its end, but for events: the log knows which are committed. */
export function beginMemoryTransaction(
  store: Store<MemoryRows>,
  database: MemoryDatabase,
  now: () => number,
): MemoryTransaction {
  const { events } = database;
  const rows = new Map<string, unknown>();
  const appended: OutboxRow[] = [];
  const claims = new Map<string, number>();
  const held = new Set<string>();
  const moved = new Map<string, number>();
  const documents = new StagedDocuments(database.documents);
  let ended = false;
  const use = <T>(work: () => T): T => {
    if (ended) throw storeRefusals.ended();
    return work();
  };
  const tx: Transaction<MemoryRows> = {
    store,
    client: {
      get: (key) => use(() => (rows.has(key) ? rows.get(key) : database.rows.get(key))),
      set: (key, value) => use(() => void rows.set(key, value)),
    },
    append: async (more) => use(() => void appended.push(...more)),
    claim: async (claim) =>
      use(() => {
        const name = nameOf(claim);
        if (database.claims.has(name) || claims.has(name)) return false;
        claims.set(name, now());
        return true;
      }),
    documents: {
      read: async (collection, keys) => use(() => documents.read(collection, keys)),
      list: async (collection, options) => use(() => documents.list(collection, options)),
      write: async (collection, changes) => use(() => documents.write(collection, changes)),
    },
    log: {
      append: async (append) => use(() => events.append(append)),
      read: async (read) => use(() => events.read(read, Number.POSITIVE_INFINITY)),
      page: async (page) => use(() => events.page(page, Number.POSITIVE_INFINITY)),
    },
    hold: async (name) =>
      use(() => {
        held.add(name);
        return moved.get(name) ?? database.checkpoints.get(name)?.position ?? 0;
      }),
    move: async (name, position) =>
      use(() => {
        if (!held.has(name)) throw storeRefusals.notHeld();
        moved.set(name, position);
      }),
  };
  return {
    tx,
    commit() {
      ended = true;
      for (const [key, value] of rows) database.rows.set(key, value);
      for (const [name, at] of claims) database.claims.set(name, at);
      for (const [collection, changes] of documents.changes) database.documents.write(collection, changes);
      for (const [name, position] of moved)
        database.checkpoints.set(name, { name, position, movedAt: now() });
      const hasEvents = events.commit();
      database.append(appended, now());
      if (hasEvents) database.changed();
    },
    rollback() {
      if (ended) return;
      ended = true;
      events.rollback();
    },
  };
}

function nameOf({ group, source, id }: Claim): string {
  return JSON.stringify([group, source, id]);
}
