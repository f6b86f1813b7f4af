import assert from "node:assert/strict";
import { ids, idsOf, message, messages } from "../conformance/messages.js";
import type { StoreGuarantee } from "./case.js";
import { placesOf } from "./env.js";

export const s03: StoreGuarantee = {
  id: "S3",
  promise: "rows of one key are given out in the order of their commits, to one relay at a time",
  cases: [
    {
      id: "S3/order-of-commits",
      title:
        "rows of a transaction come as they were appended, and transactions one after another as they committed",
      async run(env) {
        const [one, two] = [await env.store(), await env.store()];
        const sent = messages(60);
        for (let at = 0; at < sent.length; at += 3)
          await env.commit(at % 2 === 0 ? one : two, ...sent.slice(at, at + 3));
        assert.deepEqual(ids(await env.drain(one)), idsOf(sent));
      },
    },
    {
      id: "S3/one-relay-for-a-key",
      title: "while a row is with a relay, later ones of its key are given to nobody else; other keys are",
      async run(env) {
        const [one, two] = [await env.store(), await env.store()];
        const own = messages(3, { key: "held" });
        await env.commit(one, ...own);
        const first = await env.take(one, 1);
        const others = Array.from({ length: 40 }, (_, index) => message({ key: `other-${index}` }));
        await env.commit(one, ...others);
        const second = await env.take(two);
        assert.deepEqual(ids(first.rows), idsOf(own.slice(0, 1)));
        assert.equal(ids(second.rows).filter((id) => idsOf(own).includes(id)).length, 0);
        await env.within("end", second.end({ published: placesOf(second.rows) }));
        await env.within("end", first.end({ published: placesOf(first.rows) }));
        const rest = ids(await env.drain(two));
        assert.deepEqual(
          rest.filter((id) => idsOf(own).includes(id)),
          idsOf(own.slice(1)),
        );
      },
    },
    {
      id: "S3/back-in-place",
      title: "rows that were not published come again before later ones of their key",
      async run(env) {
        const store = await env.store();
        const sent = messages(4);
        await env.commit(store, ...sent.slice(0, 3));
        const batch = await env.take(store, 3);
        await env.commit(store, ...sent.slice(3));
        await env.within("end", batch.end({ published: placesOf(batch.rows.slice(0, 1)) }));
        assert.deepEqual(ids(await env.drain(store)), idsOf(sent.slice(1)));
      },
    },
  ],
};
