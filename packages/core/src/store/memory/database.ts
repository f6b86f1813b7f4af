import type { OutboxRow, RefusedRow, WaitingRow } from "../contract.js";

/** What one transaction has done. */
export interface Changes {
  readonly rows: ReadonlyMap<string, unknown>;
  readonly appended: readonly OutboxRow[];
  /** By name: when. */
  readonly claims: ReadonlyMap<string, number>;
}

/** What memory stores share. */
export class MemoryDatabase {
  readonly rows: Map<string, unknown> = new Map();
  readonly claims: Map<string, number> = new Map();
  /** In the order of commits. */
  readonly waiting: Map<string, WaitingRow> = new Map();
  readonly refused: Map<string, RefusedRow> = new Map();
  readonly #watchers: Set<() => void> = new Set();
  #places = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** One after another. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  commit({ rows, appended, claims }: Changes): void {
    for (const [key, value] of rows) this.rows.set(key, value);
    for (const [name, at] of claims) this.claims.set(name, at);
    this.append(appended);
  }

  append(rows: readonly OutboxRow[]): void {
    for (const { channel, message } of rows) {
      const place = String(++this.#places);
      this.waiting.set(place, { place, channel, message });
    }
    if (rows.length > 0) this.changed();
  }

  prune(before: number): number {
    let pruned = 0;
    for (const [name, at] of this.claims) if (at < before && this.claims.delete(name)) pruned++;
    return pruned;
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  changed(): void {
    for (const changed of this.#watchers) changed();
  }
}

/** A database in memory, for `memoryStore({ database })` of several meshes of one process. */
export function memoryDatabase(): MemoryDatabase {
  return new MemoryDatabase();
}
