import {
  type OutboxBatch,
  type Store,
  silentLogger,
  systemClock,
  type WireMessage,
} from "@meshwright/core/adapter";
import { type PostgresStore, type PostgresStoreOptions, postgresStore } from "@meshwright/postgres";
import { eventually, postgresServer } from "@meshwright/testing";
import pg, { type Pool, type PoolConfig } from "pg";
import { onTestFinished } from "vitest";

export const context = { clock: systemClock, logger: silentLogger };

/** The URL of an empty database. */
export async function database(): Promise<string> {
  const server = await postgresServer({ shared: true });
  return server.createDatabase();
}

/** A pool that is ended after the test. */
export function poolOn(url: string, config: PoolConfig = {}): Pool {
  const pool = new pg.Pool({ connectionString: url, ...config });
  pool.on("error", () => undefined);
  onTestFinished(() => pool.end());
  return pool;
}

/** A store that is open on migrated tables, and closed after the test. */
export async function openStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const store = postgresStore(options);
  onTestFinished(() => store.close());
  await store.migrate();
  await store.open(context);
  return store;
}

let count = 0;

export function message(over: Partial<WireMessage> = {}): WireMessage {
  count += 1;
  return {
    id: `message-${count}`,
    type: "test.v1",
    key: "key",
    contentType: "application/cloudevents+json",
    headers: {},
    body: `{"n":${count}}`,
    ...over,
  };
}

export function row(over: Partial<WireMessage> = {}): { channel: string; message: WireMessage } {
  return { channel: "orders", message: message(over) };
}

export async function commit(store: Store<unknown>, ...messages: readonly WireMessage[]): Promise<void> {
  await store.transaction((tx) => tx.append(messages.map((one) => ({ channel: "orders", message: one }))));
}

export async function take(store: Store<unknown>, limit = 100): Promise<OutboxBatch> {
  return eventually("there is something to take", () => store.outbox.take(limit));
}

export function ids({ rows }: Pick<OutboxBatch, "rows">): string[] {
  return rows.map(({ message: { id } }) => id);
}

export function places({ rows }: Pick<OutboxBatch, "rows">): string[] {
  return rows.map(({ place }) => place);
}

/** Publishes all that is there now. Returns the ids. */
export async function drain(store: Store<unknown>, limit = 100): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const batch = await store.outbox.take(limit);
    if (batch === undefined) return all;
    all.push(...ids(batch));
    await batch.end({ published: places(batch) });
  }
}
