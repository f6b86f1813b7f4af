import { backlogOf, mostCounted } from "../backlog.js";
import type { OutboxBacklog, OutboxRow, RefusedRow, WaitingRow } from "../contract.js";
import type { Checkpoint } from "../documents.js";
import { MemoryDocuments } from "./documents.js";
import { MemoryEvents } from "./events.js";

/** What memory stores share. */
export class MemoryDatabase {
  readonly rows: Map<string, unknown> = new Map();
  /** By name: when. */
  readonly claims: Map<string, number> = new Map();
  readonly events: MemoryEvents = new MemoryEvents();
  readonly documents: MemoryDocuments = new MemoryDocuments();
  readonly checkpoints: Map<string, Checkpoint> = new Map();
  /** In the order of commits. */
  readonly waiting: Map<string, WaitingRow> = new Map();
  readonly refused: Map<string, RefusedRow> = new Map();
  /** When rows were appended. */
  readonly #since: WeakMap<WaitingRow, number> = new WeakMap();
  readonly #watchers: Set<() => void> = new Set();
  #places = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** One after another. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** @param at - now */
  append(rows: readonly OutboxRow[], at: number): void {
    for (const { channel, message } of rows) {
      const place = String(++this.#places);
      const row: WaitingRow = { place, channel, message };
      this.waiting.set(place, row);
      this.#since.set(row, at);
    }
    if (rows.length > 0) this.changed();
  }

  backlog(now: number): OutboxBacklog {
    const [oldest] = this.waiting.values();
    return backlogOf({
      rows: Math.min(this.waiting.size, mostCounted),
      oldestMs: oldest === undefined ? null : now - (this.#since.get(oldest) ?? now),
      refused: Math.min(this.refused.size, mostCounted),
    });
  }

  prune(before: number): number {
    let pruned = 0;
    for (const [name, at] of this.claims) if (at < before && this.claims.delete(name)) pruned++;
    return pruned;
  }

  readonly watch = (changed: () => void): (() => void) => {
    // One of its own, lest the same function given twice be one watcher.
    const watcher = (): void => changed();
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  changed(): void {
    for (const changed of this.#watchers) changed();
  }
}

/** A database in memory, for `memoryStore({ database })` of several meshes of one process. */
export function memoryDatabase(): MemoryDatabase {
  return new MemoryDatabase();
}
