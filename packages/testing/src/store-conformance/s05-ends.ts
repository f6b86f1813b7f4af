import assert from "node:assert/strict";
import type { Store } from "@meshwright/core/adapter";
import { assertSame, ids, idsOf, message, messages } from "../conformance/messages.js";
import type { StoreGuarantee } from "./case.js";
import { channel, placesOf, type StoreEnv } from "./env.js";

/** Commits three rows, refuses the second, and publishes the others. */
async function refuseOne(env: StoreEnv, store: Store) {
  const sent = messages(3);
  await env.commit(store, ...sent);
  const batch = await env.take(store);
  const [first, second, third] = placesOf(batch.rows) as [string, string, string];
  const refused = [{ place: second, code: "TEST_FAILED", message: "It is too large." }];
  await env.within("end", batch.end({ published: [first, third], refused }));
  return { sent, place: second };
}

export const s05: StoreGuarantee = {
  id: "S5",
  promise: "published rows never come again; refused ones stand on the shelf",
  cases: [
    {
      id: "S5/published",
      title: "what was ended as published is not given out again, also not to another store",
      async run(env) {
        const store = await env.store();
        await env.commit(store, ...messages(10));
        assert.equal((await env.drain(store)).length, 10);
        assert.equal(await env.within("take", (await env.store()).outbox.take(10)), undefined);
      },
    },
    {
      id: "S5/refused",
      title: "a refused row is on the shelf, whole and with the cause, and holds up nothing",
      async run(env) {
        const store = await env.store();
        const { sent, place } = await refuseOne(env, store);
        assert.deepEqual(await env.drain(store), []);
        const [row, ...more] = await env.within("refused", store.outbox.refused());
        assert.ok(row, "the refused row is not on the shelf");
        assert.deepEqual(more, []);
        assert.deepEqual(
          [row.place, row.channel, row.code, row.reason],
          [place, channel, "TEST_FAILED", "It is too large."],
        );
        assert.ok(row.refusedAt > 0);
        assertSame(row.message, sent[1] as (typeof sent)[1], "the refused row");
      },
    },
    {
      id: "S5/restore",
      title: "a restored row comes again, once; a removed one never",
      async run(env) {
        const store = await env.store();
        const [back, gone] = [await refuseOne(env, store), await refuseOne(env, store)];
        assert.equal(await env.within("restore", store.outbox.restore([back.place, "0"])), 1);
        assert.equal(await env.within("remove", store.outbox.remove([gone.place])), 1);
        assert.equal(await env.within("restore", store.outbox.restore([back.place, gone.place])), 0);
        assert.deepEqual(ids(await env.drain(store)), idsOf(back.sent.slice(1, 2)));
        assert.deepEqual(await store.outbox.refused(), []);
      },
    },
    {
      id: "S5/watch",
      title: "who watches is told of a commit with rows",
      async run(env) {
        const store = await env.store();
        let told = 0;
        const unwatch = store.outbox.watch(() => {
          told += 1;
        });
        await env.commit(store, message());
        await env.eventually("the watcher is told", () => told > 0);
        unwatch();
      },
    },
  ],
};
