import {
  backlogOf,
  type Cancel,
  type Outbox,
  type OutboxBacklog,
  type OutboxBatch,
  type RefusedRow,
  type WaitingRow,
} from "@meshwright/core/adapter";
import type { Connection } from "../connection.js";
import { Batch, type Lease } from "./batch.js";
import type { Handle } from "./handle.js";
import type { Notices } from "./notices.js";
import { lanes, read, type StoredRow, waitingRow } from "./rows.js";
import { mostLanes, type Statements } from "./statements.js";

interface Parts {
  /** Names this store among those that lease lanes. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly statements: Statements;
  readonly notices: Notices;
  now(): number;
  /** @throws StoreError `STORE_NOT_OPEN`, `STORE_CLOSED` */
  handle(): Handle;
  /** Work that `close` waits for. */
  underWay<T>(work: () => Promise<T>): Promise<T>;
}

interface StoredRefusal extends StoredRow {
  readonly code: string;
  readonly reason: string;
  readonly refused_at: number;
}

export class SqliteOutbox implements Outbox {
  readonly #parts: Parts;
  /** The lane that comes first next time. */
  #next = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async take(limit: number): Promise<OutboxBatch | undefined> {
    const { owner, leaseMs, statements, now, underWay } = this.#parts;
    const handle = this.#parts.handle();
    const taken = await underWay(() => this.#take(handle, Math.max(1, Math.trunc(limit))));
    if (taken === undefined) return undefined;
    const end = (run: (db: Connection) => boolean): Promise<boolean> => {
      const own = this.#parts.handle();
      // While nobody gets the lock, nobody can take the lanes away.
      return underWay(() => own.write("ending a batch of the outbox", run, leaseMs));
    };
    return new Batch(taken.rows, { owner, leases: taken.leases, statements, now, end });
  }

  watch(changed: () => void): Cancel {
    return this.#parts.notices.watch(changed);
  }

  async backlog(): Promise<OutboxBacklog> {
    const handle = this.#parts.handle();
    const { statements, underWay, now } = this.#parts;
    const found = await underWay(() =>
      handle.read("counting the outbox", (db) =>
        db.get<Parameters<typeof backlogOf>[0]>(statements.backlog, now()),
      ),
    );
    return backlogOf(found ?? { rows: 0, oldestMs: null, refused: 0 });
  }

  async refused(): Promise<readonly RefusedRow[]> {
    const handle = this.#parts.handle();
    const { statements, underWay } = this.#parts;
    const rows = await underWay(() =>
      handle.read("reading the shelf", (db) => db.all<StoredRefusal>(statements.refused)),
    );
    return rows.map((row) => ({
      ...waitingRow(row),
      code: read(row.code),
      reason: read(row.reason),
      refusedAt: row.refused_at,
    }));
  }

  async restore(places: readonly string[]): Promise<number> {
    const { now } = this.#parts;
    const { restore, remove } = this.#parts.statements;
    const restored = await this.#change("restoring refused rows", (db) => {
      const seqs = listOf(places);
      db.run(restore, now(), seqs);
      return db.run(remove, seqs);
    });
    if (restored > 0) this.#parts.notices.committed();
    return restored;
  }

  async remove(places: readonly string[]): Promise<number> {
    const { remove } = this.#parts.statements;
    return this.#change("removing refused rows", (db) => db.run(remove, listOf(places)));
  }

  async #change(doing: string, run: (db: Connection) => number): Promise<number> {
    const handle = this.#parts.handle();
    return this.#parts.underWay(() => handle.write(doing, run));
  }

  /** Looks first, which needs no lock: most of the time there is nothing. */
  async #take(handle: Handle, limit: number): Promise<Taken | undefined> {
    const doing = "taking from the outbox";
    const free = await handle.read(doing, (db) => this.#free(db));
    if (free.length === 0) return undefined;
    return handle.write(doing, (db) => this.#lease(db, limit));
  }

  #free(db: Connection): number[] {
    const { statements, now } = this.#parts;
    return db.all<{ lane: number }>(statements.free, now()).map(({ lane }) => lane);
  }

  /** Takes the next free lanes in turn, so that each comes up, and keeps those it has rows of. */
  #lease(db: Connection, limit: number): Taken | undefined {
    const { owner, leaseMs, statements, now } = this.#parts;
    const free = this.#free(db);
    if (free.length === 0) return undefined;
    const turn = (lane: number): number => (lane - this.#next + lanes) % lanes;
    const chosen = free.sort((one, other) => turn(one) - turn(other)).slice(0, mostLanes);
    this.#next = ((chosen.at(-1) ?? 0) + 1) % lanes;
    const none = Array.from({ length: mostLanes - chosen.length }, () => -1);
    const stored = db.all<StoredRow>(statements.oldest, ...chosen, ...none, limit);
    const until = now() + leaseMs;
    const leases = [...new Set(stored.map(({ lane }) => lane))].map((lane) => {
      const { epoch } = db.get<{ epoch: number }>(statements.lease, owner, until, lane) ?? { epoch: 0 };
      return { lane, epoch };
    });
    return { rows: stored.map(waitingRow), leases };
  }
}

interface Taken {
  readonly rows: readonly WaitingRow[];
  readonly leases: readonly Lease[];
}

/** As JSON. What is no place names no row. */
function listOf(places: readonly string[]): string {
  return `[${places.filter((place) => /^[1-9]\d{0,17}$/.test(place)).join()}]`;
}
