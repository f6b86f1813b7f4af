import { type OutboxBatch, type Store, silentLogger, systemClock } from "@meshwright/core/adapter";
import { type Database, type SqliteStore, type SqliteStoreOptions, sqliteStore } from "@meshwright/sqlite";
import { eventually } from "@meshwright/testing";
import { onTestFinished } from "vitest";
import { openHandle } from "../open-handle.js";
import { message, temporaryFile } from "../support.js";

export const context = { clock: systemClock, logger: silentLogger };

/** A handle that is closed after the test. */
export async function handleOn(path: string): Promise<Database> {
  const database = await openHandle(path);
  onTestFinished(() => database.close());
  return database;
}

/** A store that is closed after the test. */
export function storeOn(options: SqliteStoreOptions): SqliteStore {
  const store = sqliteStore(options);
  onTestFinished(() => store.close());
  return store;
}

/** A store that is open on migrated tables, and closed after the test. */
export async function openStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const store = storeOn(options);
  await store.migrate();
  await store.open(context);
  return store;
}

export function row(over: Parameters<typeof message>[0] = {}): {
  channel: string;
  message: ReturnType<typeof message>;
} {
  return { channel: "orders", message: message(over) };
}

export async function commit(store: Store, ...ids: readonly string[]): Promise<void> {
  await store.transaction((tx) => tx.append(ids.map((id) => row({ id }))));
}

export async function take(store: Store, limit = 100): Promise<OutboxBatch> {
  return eventually("there is something to take", () => store.outbox.take(limit));
}

export function ids({ rows }: Pick<OutboxBatch, "rows">): string[] {
  return rows.map(({ message: { id } }) => id);
}

export function places({ rows }: Pick<OutboxBatch, "rows">): string[] {
  return rows.map(({ place }) => place);
}

/** Publishes all that is there now. Returns the ids. */
export async function drain(store: Store, limit = 100): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const batch = await store.outbox.take(limit);
    if (batch === undefined) return all;
    all.push(...ids(batch));
    await batch.end({ published: places(batch) });
  }
}

/** The values of the table `own`. */
export function ownValues(database: Database): unknown[] {
  const rows = database.prepare("SELECT value FROM own ORDER BY rowid").all();
  return rows.map((one) => (one as { readonly value: unknown }).value);
}

/** A promise, and what resolves it. */
export function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** A handle that remembers what it was asked to prepare. */
export async function recordingHandle(): Promise<{
  readonly database: Database;
  readonly prepared: string[];
}> {
  const own = await handleOn(temporaryFile());
  const prepared: string[] = [];
  const database: Database = {
    exec: (sql) => own.exec(sql),
    prepare: (sql) => {
      prepared.push(sql);
      return own.prepare(sql);
    },
    close: () => undefined,
    get isTransaction() {
      return own.isTransaction ?? false;
    },
  };
  return { database, prepared };
}

/** How SQLite does it, step by step. */
export function planOf(database: Database, sql: string): string[] {
  const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
  return steps.map((step) => (step as { readonly detail: string }).detail);
}
