import assert from "node:assert/strict";
import { type OutboxBatch, type Store, StoreError, type WaitingRow } from "@meshwright/core/adapter";
import { assertSameIds, ids, idsOf, message } from "../conformance/messages.js";
import type { StoreGuarantee } from "./case.js";
import { append, placesOf, type StoreEnv } from "./env.js";

const [writers, transactions] = [32, 12];

/** Each with keys of its own, some transactions long, some rolled back. Returns the ids that were committed, by key. */
async function write(env: StoreEnv, store: Store, writer: number): Promise<Map<string, string[]>> {
  const committed = new Map<string, string[]>();
  for (let turn = 0; turn < transactions; turn++) {
    const key = `writer-${writer}-${turn % 2}`;
    const batch = Array.from({ length: env.random.int(1, 4) }, () => message({ key }));
    const [long, failing] = [env.random.chance(0.2), env.random.chance(0.2)];
    const done = store.transaction(async (tx) => {
      await append(tx, ...batch.slice(0, 1));
      if (long) await env.pass(env.random.int(5, 40));
      await append(tx, ...batch.slice(1));
      if (failing) throw new Error("rolled back");
    });
    await env.within("transaction", done).then(
      () => committed.set(key, [...(committed.get(key) ?? []), ...idsOf(batch)]),
      () => undefined,
    );
  }
  return committed;
}

/** Takes small batches until told to stop and nothing is left. */
async function relay(env: StoreEnv, store: Store, isDone: () => boolean): Promise<WaitingRow[]> {
  const all: WaitingRow[] = [];
  for (;;) {
    const done = isDone();
    const batch = await env.within("take", store.outbox.take(7));
    if (batch === undefined && done) return all;
    if (batch === undefined) {
      await env.pass(1);
      continue;
    }
    const ended = await env.within("end", endedInTime(batch));
    if (ended) all.push(...batch.rows);
  }
}

/** On a busy machine a relay may be too slow for its lease. Then its rows come again (S4), and did not count. */
async function endedInTime(batch: OutboxBatch): Promise<boolean> {
  try {
    await batch.end({ published: placesOf(batch.rows) });
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === "STORE_LEASE_LOST") return false;
    throw error;
  }
}

export const s02: StoreGuarantee = {
  id: "S2",
  promise: "every row of a committed transaction is given to a relay, and no other row",
  cases: [
    {
      id: "S2/late-commit",
      title:
        "a row of a transaction that began first and commits last comes too, after those that overtook it",
      concurrent: true,
      async run(env) {
        const store = await env.store();
        const [late, early] = [message({ key: "late" }), message({ key: "early" })];
        await env.within(
          "transaction",
          store.transaction(async (tx) => {
            await append(tx, late);
            const other = await env.store();
            await env.commit(other, early);
            assert.deepEqual(ids(await env.drain(other)), [early.id]);
          }),
        );
        assert.deepEqual(ids(await env.drain(store)), [late.id]);
      },
    },
    {
      id: "S2/many-writers",
      title:
        "32 writers with long, short and rolled back transactions, two relays: each row once, each key in order",
      async run(env) {
        const stores = await Promise.all(Array.from({ length: 4 }, () => env.store()));
        const relays = await Promise.all([env.store(), env.store()]);
        let writing = true;
        const relaying = relays.map((one) => relay(env, one, () => !writing));
        const committed = await Promise.all(
          Array.from({ length: writers }, (_, index) => write(env, stores[index % 4] as Store, index)),
        );
        writing = false;
        const rows = (await Promise.all(relaying)).flat();
        const expected = committed.flatMap((byKey) => [...byKey.values()].flat());
        assertSameIds(ids(rows), expected, "what was relayed");
        for (const [key, own] of committed.flatMap((byKey) => [...byKey])) {
          const relayed = rows.filter((row) => row.message.key === key);
          const places = [...relayed].sort((one, other) => Number(one.place) - Number(other.place));
          assert.deepEqual(ids(places), own, `the rows of ${key} are out of order`);
        }
      },
    },
  ],
};
