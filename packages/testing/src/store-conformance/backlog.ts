/** Cases of S9: how much waits. */
import assert from "node:assert/strict";
import type { OutboxBacklog, Store } from "@meshwright/core/adapter";
import { message, messages } from "../conformance/messages.js";
import type { StoreCase } from "./case.js";
import { append, placesOf, type StoreEnv } from "./env.js";

function ask(env: StoreEnv, store: Store): Promise<OutboxBacklog> {
  return env.within("backlog", store.outbox.backlog());
}

/** Waits until the oldest row has been there for so long. */
async function oldestOf(env: StoreEnv, store: Store, ms: number): Promise<number> {
  return env.eventually(`the oldest row is ${ms} ms old`, async () => {
    const { oldestMs = 0 } = await ask(env, store);
    return oldestMs >= ms && oldestMs;
  });
}

export const backlogCases: readonly StoreCase[] = [
  {
    id: "S9/backlog",
    title: "told are rows that are committed, also those that are with a relay, and those on the shelf",
    async run(env) {
      const [store, other] = [await env.store(), await env.store()];
      assert.deepEqual(await ask(env, other), { rows: 0, oldestMs: undefined, refused: 0 });
      const undone = store.transaction(async (tx) => {
        await append(tx, message());
        throw new Error("rolled back");
      });
      await env.within(
        "transaction",
        undone.catch(() => undefined),
      );
      await env.commit(store, ...messages(3));
      const batch = await env.take(store);
      assert.equal((await ask(env, other)).rows, 3, "rows that are with a relay wait too");
      const [first = "", second = ""] = placesOf(batch.rows);
      const refused = [{ place: second, code: "BROKER_BODY_TOO_LARGE", message: "Too large." }];
      await env.within("end", batch.end({ published: [first], refused }));
      const { rows, refused: onShelf } = await ask(env, other);
      assert.deepEqual({ rows, onShelf }, { rows: 1, onShelf: 1 });
      await env.drain(store);
      assert.deepEqual(await ask(env, other), { rows: 0, oldestMs: undefined, refused: 1 });
    },
  },
  {
    id: "S9/oldest",
    title: "the age told is that of the oldest row, and grows; a restored row has one too",
    async run(env) {
      const store = await env.store();
      await env.commit(store, message({ key: "old" }));
      const old = await oldestOf(env, store, 50);
      await env.commit(store, message({ key: "young" }));
      const { oldestMs = 0 } = await ask(env, store);
      assert.ok(
        oldestMs >= old,
        `the oldest row was ${old} ms old, and with a younger one it is ${oldestMs}`,
      );
      const batch = await env.take(store);
      const refused = placesOf(batch.rows).map((place) => ({
        place,
        code: "BROKER_BODY_TOO_LARGE",
        message: "No.",
      }));
      await env.within("end", batch.end({ published: [], refused }));
      await env.drain(store);
      const shelf = await env.within("refused", store.outbox.refused());
      await env.within("restore", store.outbox.restore(placesOf(shelf)));
      assert.equal((await ask(env, store)).refused, 0);
      await oldestOf(env, store, 50);
    },
  },
  {
    id: "S9/much",
    title: "more than 10,000 rows are told as 10,000",
    async run(env) {
      const store = await env.store();
      await env.commit(store, ...messages(10_050));
      assert.equal((await ask(env, store)).rows, 10_000);
    },
  },
];
