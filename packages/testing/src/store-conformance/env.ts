/** What a case of the store kit works with: a database of its own, stores on it, and waiting. */
import assert from "node:assert/strict";
import {
  type OutboxBatch,
  type Store,
  StoreError,
  silentLogger,
  systemClock,
  type Transaction,
  type WaitingRow,
  type WireMessage,
} from "@meshwright/core/adapter";
import { createRandom, type Random } from "../conformance/random.js";
import { eventually } from "../waiting.js";
import type { StoreConformanceOptions, StoreWorld } from "./options.js";

export interface StoreEnv {
  readonly world: StoreWorld;
  readonly leaseMs: number;
  readonly random: Random;
  /** A new, opened store. */
  store(create?: () => Store): Promise<Store>;
  /** Commits messages to the outbox, in order. */
  commit(store: Store, ...messages: readonly WireMessage[]): Promise<void>;
  /** A batch; fails when there is none by the deadline. */
  take(store: Store, limit?: number): Promise<OutboxBatch>;
  /** Takes and ends all that is there now, as published. */
  drain(store: Store): Promise<WaitingRow[]>;
  /** Waits for a condition; fails when the deadline passes. */
  eventually<T>(what: string, condition: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>>;
  /** Waits for a call; fails when the deadline passes first. */
  within<T>(what: string, call: Promise<T>): Promise<T>;
  /** Does it again until it resolves: for calls that may reject while a database is away. */
  insist<T>(what: string, call: () => Promise<T>): Promise<T>;
  /** Lets so much time go by. */
  pass(ms: number): Promise<void>;
}

/** Builds a case's world around it; `dispose` closes everything. */
export function createStoreEnv(
  world: StoreWorld,
  { leaseMs, deadlineMs = 20_000 }: Pick<StoreConformanceOptions, "leaseMs" | "deadlineMs">,
): StoreEnv & { dispose(): Promise<void> } {
  const open = new Set<Store>();
  const wait: StoreEnv["eventually"] = (what, condition) => eventually(what, condition, { deadlineMs });
  const within: StoreEnv["within"] = async (what, call) => {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    call.then(end, end);
    await wait(`${what} settles`, () => settled);
    return call;
  };
  const env: StoreEnv = {
    world,
    leaseMs,
    random: createRandom(1),
    eventually: wait,
    within,
    async store(create = world.create) {
      const store = create();
      open.add(store);
      await within("open", store.open({ clock: systemClock, logger: silentLogger }));
      return store;
    },
    commit: (store, ...messages) =>
      within(
        "transaction",
        store.transaction((tx) => append(tx, ...messages)),
      ),
    take: (store, limit = 100) =>
      wait("there is something to take", () => within("take", store.outbox.take(limit))),
    async drain(store) {
      const all: WaitingRow[] = [];
      const published = new Set<string>();
      for (;;) {
        const batch = await within("take", store.outbox.take(100));
        if (batch === undefined) return all;
        for (const { place } of batch.rows) {
          assert.ok(!published.has(place), `row ${place} was published and given out again`);
          published.add(place);
        }
        all.push(...batch.rows);
        await within("end", batch.end({ published: placesOf(batch.rows) }));
      }
    },
    async insist(what, call) {
      const done = await wait(`${what} succeeds`, () =>
        within(what, call()).then(
          (value) => [value] as const,
          () => undefined,
        ),
      );
      return done[0];
    },
    async pass(ms) {
      const until = systemClock.now() + ms;
      await eventually(`${ms} ms pass`, () => systemClock.now() >= until, { deadlineMs: ms + deadlineMs });
    },
  };
  return Object.assign(env, {
    async dispose() {
      await within("close", Promise.allSettled([...open].map((store) => store.close())));
      await world.dispose?.();
    },
  });
}

export const channel = "orders";

export function append(tx: Transaction, ...messages: readonly WireMessage[]): Promise<void> {
  return tx.append(messages.map((message) => ({ channel, message })));
}

export function placesOf(rows: readonly WaitingRow[]): string[] {
  return rows.map(({ place }) => place);
}

/** Asserts that a call is refused with a StoreError, of this code if one is given. */
export async function assertStoreRefuses(
  call: Promise<unknown>,
  what: string,
  code?: string,
): Promise<StoreError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error !== undefined, `${what} was taken, though it must be refused`);
  assert.ok(error instanceof StoreError, `${what} was refused with ${error}, not with a StoreError`);
  if (code !== undefined) assert.equal(error.code, code, `${what} was refused with another code`);
  return error;
}
