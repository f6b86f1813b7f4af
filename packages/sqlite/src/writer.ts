/**
 * Group commit. Everything that writes in one turn of the event loop (publishes, claims, settlements) goes into one
 * transaction, so that callers that run side by side share one sync of the disk. Operations run in the order they
 * were submitted; their promises settle after the commit.
 */
import type { Clock } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { brokerError, isBusy, isStorageTrouble } from "./errors.js";

/** What an operation sees of the transaction it runs in. */
export interface Transaction {
  /** Differs from every other transaction of this connection, rolled back ones included. */
  readonly number: number;
  readonly now: number;
  /** Says that a channel has something to deliver once this is committed. */
  wake(channel: number): void;
}

export interface Operation<T> {
  /** For errors: "publishing", "settling". */
  readonly doing: string;
  /** About how many rows and bytes it writes: bounds the size of a transaction. */
  readonly rows: number;
  readonly bytes?: number;
  /** Adds data. The first to be refused when the storage is full. */
  readonly adds?: boolean;
  run(transaction: Transaction): T;
  /** Called right after the commit, in the order of submission, before any promise settles. */
  committed?(result: T): void;
}

export interface WriterHooks {
  /** These channels have something to deliver. */
  committed(channels: ReadonlySet<number>): void;
  /** Forget what was read or created inside the transaction. */
  rolledBack(): void;
}

interface Entry {
  readonly operation: Operation<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** When it was first refused for the lock, by the machine's clock. */
  busySince: number | undefined;
}

const maxRows = 2_000;
const maxBytes = 4 * 1024 * 1024;

export class Writer {
  readonly #db: Connection;
  readonly #clock: Clock;
  readonly #busyMs: number;
  readonly #hooks: WriterHooks;
  #queue: Entry[] = [];
  #number = 0;
  #scheduled = false;
  #idle: (() => void)[] = [];

  constructor(db: Connection, clock: Clock, busyMs: number, hooks: WriterHooks) {
    this.#db = db;
    this.#clock = clock;
    this.#busyMs = busyMs;
    this.#hooks = hooks;
  }

  /** Queues an operation for the next commit. Rejects with a `BrokerError` when it could not be stored. */
  submit<T>(operation: Operation<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const entry = { operation, resolve, reject, busySince: undefined };
      this.#queue.push(entry as unknown as Entry);
      this.#schedule();
    });
  }

  /** Commits an operation at once, ahead of the queue, or else queues it. For what must not wait: leases. */
  async urgent<T>(operation: Operation<T>): Promise<T> {
    const settled: { result?: { value: T }; error?: unknown } = {};
    const entry: Entry = {
      operation: operation as Operation<unknown>,
      resolve: (value) => {
        settled.result = { value: value as T };
      },
      reject: (error) => {
        settled.error = error;
      },
      busySince: undefined,
    };
    this.#attempt([entry]);
    if (settled.result) return settled.result.value;
    return this.submit(operation);
  }

  /** Resolves once nothing is queued. */
  async drained(): Promise<void> {
    if (this.#queue.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#take();
    const refused = this.#attempt(batch);
    if (refused.length > 0) this.#again(refused);
    else if (this.#queue.length > 0) this.#schedule();
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  #take(): Entry[] {
    let rows = 0;
    let bytes = 0;
    let length = 0;
    for (const { operation } of this.#queue) {
      rows += operation.rows;
      bytes += operation.bytes ?? 0;
      if (length > 0 && (rows > maxRows || bytes > maxBytes)) break;
      length += 1;
    }
    if (length < this.#queue.length) return this.#queue.splice(0, length);
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  /** The lock is taken: waits a little, not all at the same rhythm, and tries again in the same order. */
  #again(refused: Entry[]): void {
    this.#queue = refused.concat(this.#queue);
    this.#scheduled = true;
    setTimeout(() => this.#flush(), 1 + Math.random() * 9);
  }

  /** Commits these together. Returns those to be tried again since the lock was taken. */
  #attempt(batch: Entry[]): Entry[] {
    if (batch.length === 0) return [];
    this.#number += 1;
    const woken = new Set<number>();
    const transaction: Transaction = {
      number: this.#number,
      now: this.#clock.now(),
      wake: (channel) => woken.add(channel),
    };
    const results: unknown[] = [];
    try {
      this.#transact(batch, transaction, results);
    } catch (error) {
      this.#hooks.rolledBack();
      return this.#failed(batch, error);
    }
    for (const [index, entry] of batch.entries()) entry.operation.committed?.(results[index]);
    for (const [index, entry] of batch.entries()) entry.resolve(results[index]);
    if (woken.size > 0) this.#hooks.committed(woken);
    return [];
  }

  #transact(batch: readonly Entry[], transaction: Transaction, results: unknown[]): void {
    const { database } = this.#db;
    // An injected handle may be inside a transaction of its owner, which must be neither used nor rolled back.
    if (database.isTransaction) throw ownerBusy();
    this.#db.run("BEGIN IMMEDIATE");
    try {
      for (const { operation } of batch) results.push(operation.run(transaction));
      this.#db.run("COMMIT");
    } catch (error) {
      rollBack(this.#db);
      throw error;
    }
  }

  #failed(batch: Entry[], error: unknown): Entry[] {
    if (isBusy(error)) return this.#refused(batch, error);
    if (isStorageTrouble(error)) {
      // What adds data is refused; what only takes note of work done may still fit.
      const others = batch.filter((entry) => !entry.operation.adds);
      if (others.length < batch.length) {
        for (const entry of batch) if (entry.operation.adds) fail(entry, error);
        return this.#attempt(others);
      }
    } else if (batch.length > 1) {
      return this.#onePerTransaction(batch);
    }
    for (const entry of batch) fail(entry, error);
    return [];
  }

  /** One of them cannot be done: only that one fails. */
  #onePerTransaction(batch: readonly Entry[]): Entry[] {
    for (const [index, entry] of batch.entries()) {
      const refused = this.#attempt([entry]);
      if (refused.length > 0) return refused.concat(batch.slice(index + 1));
    }
    return [];
  }

  #refused(batch: Entry[], error: unknown): Entry[] {
    const now = Date.now();
    return batch.filter((entry) => {
      entry.busySince ??= now;
      if (now - entry.busySince < this.#busyMs) return true;
      fail(entry, error);
      return false;
    });
  }
}

function fail(entry: Entry, error: unknown): void {
  entry.reject(brokerError(error, entry.operation.doing));
}

function rollBack(db: Connection): void {
  try {
    db.run("ROLLBACK");
  } catch {
    // SQLite has rolled back by itself, as it does when the disk is full.
  }
}

function ownerBusy(): Error {
  return Object.assign(new Error("the handle's owner has a transaction open"), { errcode: 5 });
}
