/** What the cases for streams, the log and documents share: events, and calls that settle within the deadline. */
import type {
  Appended,
  ExpectedVersion,
  LogEvent,
  LogPage,
  MeshEvent,
  ReadAllOptions,
  ReadStreamOptions,
  StreamEvent,
} from "@meshwright/core";
import type { PageOptions, Store, Transaction, TransactionOptions } from "@meshwright/core/adapter";
import type { StoreEnv } from "./env.js";

let made = 0;

/** An event with an id of its own; what the test does not care about is filled in. */
export function event(fields: Partial<MeshEvent> & Readonly<Record<string, unknown>> = {}): MeshEvent {
  made++;
  return {
    specversion: "1.0",
    id: `e${made}`,
    source: "/shop",
    type: "com.example.thing.happened.v1",
    data: { number: made },
    ...fields,
  };
}

export function events(count: number, fields: Partial<MeshEvent> = {}): MeshEvent[] {
  return Array.from({ length: count }, () => event(fields));
}

export function idsIn(list: readonly { readonly event: MeshEvent }[]): string[] {
  return list.map((one) => one.event.id);
}

export function idsOfEvents(list: readonly MeshEvent[]): string[] {
  return list.map(({ id }) => id);
}

/** From one number to another, both included. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A store, and how long to wait for it. */
export interface Caller {
  readonly env: StoreEnv;
  readonly store: Store;
}

/** A new, opened store. */
export async function caller(env: StoreEnv, create?: () => Store): Promise<Caller> {
  return { env, store: await env.store(create) };
}

export function callers(env: StoreEnv, count: number): Promise<Caller[]> {
  return Promise.all(Array.from({ length: count }, () => caller(env)));
}

export function appendTo(
  { env, store }: Caller,
  stream: string,
  expected: ExpectedVersion,
  list: readonly MeshEvent[],
): Promise<Appended> {
  return env.within("append", store.streams.append(stream, expected, list));
}

export function transact<T>(
  { env, store }: Caller,
  work: (tx: Transaction) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return env.within("transaction", store.transaction(work, options));
}

class RolledBack extends Error {}

/** Does work that is rolled back. */
export async function rollBack(
  { env, store }: Caller,
  work: (tx: Transaction) => Promise<void>,
): Promise<void> {
  const failing = store.transaction(async (tx) => {
    await work(tx);
    throw new RolledBack("rolled back");
  });
  await env.within("transaction", failing).catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error;
  });
}

export function readStream(
  { env, store }: Caller,
  stream: string,
  options?: ReadStreamOptions<Transaction>,
): Promise<StreamEvent[]> {
  return env.within("read", all(store.streams.read(stream, options)));
}

export function readLog({ env, store }: Caller, options?: ReadAllOptions): Promise<LogEvent[]> {
  return env.within("read", all(store.streams.readAll(options)));
}

export function readPage({ env, store }: Caller, options: PageOptions<Transaction>): Promise<LogPage> {
  return env.within("read", store.streams.page(options));
}

export function headOf({ env, store }: Caller): Promise<number> {
  return env.within("head", store.streams.head());
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}
