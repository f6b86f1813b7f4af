import type { Cancel } from "../../clock/clock.js";
import type {
  BatchOutcome,
  Outbox,
  OutboxBacklog,
  OutboxBatch,
  RefusedRow,
  WaitingRow,
} from "../contract.js";
import { storeRefusals } from "../refusals.js";
import type { MemoryDatabase } from "./database.js";

interface Parts {
  readonly leaseMs: number;
  now(): number;
  requireOpen(): void;
}

/** By database: the keys that are with relays, and until when. */
const taken: WeakMap<MemoryDatabase, Map<string, Lease>> = new WeakMap();

interface Lease {
  readonly until: number;
}

export class MemoryOutbox implements Outbox {
  readonly #database: MemoryDatabase;
  readonly #parts: Parts;
  readonly #taken: Map<string, Lease>;

  constructor(database: MemoryDatabase, parts: Parts) {
    this.#database = database;
    this.#parts = parts;
    this.#taken = taken.get(database) ?? new Map();
    taken.set(database, this.#taken);
  }

  async take(limit: number): Promise<OutboxBatch | undefined> {
    this.#parts.requireOpen();
    const now = this.#parts.now();
    const lease: Lease = { until: now + this.#parts.leaseMs };
    const rows: WaitingRow[] = [];
    for (const row of this.#database.waiting.values()) {
      if (rows.length >= limit) break;
      const { key } = row.message;
      const holder = this.#taken.get(key);
      if (holder !== undefined && holder !== lease && holder.until > now) continue;
      this.#taken.set(key, lease);
      rows.push(row);
    }
    if (rows.length === 0) return undefined;
    return { rows, end: (outcome) => this.#end(rows, lease, outcome) };
  }

  watch(changed: () => void): Cancel {
    return this.#database.watch(changed);
  }

  async backlog(): Promise<OutboxBacklog> {
    this.#parts.requireOpen();
    return this.#database.backlog(this.#parts.now());
  }

  async refused(): Promise<readonly RefusedRow[]> {
    this.#parts.requireOpen();
    return [...this.#database.refused.values()];
  }

  async restore(places: readonly string[]): Promise<number> {
    const rows = this.#takeRefused(places);
    this.#database.append(rows, this.#parts.now());
    return rows.length;
  }

  async remove(places: readonly string[]): Promise<number> {
    return this.#takeRefused(places).length;
  }

  #takeRefused(places: readonly string[]): RefusedRow[] {
    this.#parts.requireOpen();
    const { refused } = this.#database;
    return places.flatMap((place) => {
      const row = refused.get(place);
      return row !== undefined && refused.delete(place) ? [row] : [];
    });
  }

  async #end(rows: readonly WaitingRow[], lease: Lease, outcome: BatchOutcome): Promise<void> {
    this.#parts.requireOpen();
    const keys = new Set(rows.map(({ message }) => message.key));
    const lost = [...keys].some((key) => this.#taken.get(key) !== lease);
    for (const key of keys) if (this.#taken.get(key) === lease) this.#taken.delete(key);
    if (lost || lease.until <= this.#parts.now()) throw storeRefusals.leaseLost();
    const { waiting, refused } = this.#database;
    for (const place of outcome.published) waiting.delete(place);
    for (const { place, code, message } of outcome.refused ?? []) {
      const row = waiting.get(place);
      if (row === undefined) continue;
      waiting.delete(place);
      refused.set(place, { ...row, code, reason: message, refusedAt: this.#parts.now() });
    }
    this.#database.changed();
  }
}
