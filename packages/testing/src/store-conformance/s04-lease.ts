import assert from "node:assert/strict";
import { ids, idsOf, messages } from "../conformance/messages.js";
import type { StoreGuarantee } from "./case.js";
import { assertStoreRefuses, placesOf } from "./env.js";

export const s04: StoreGuarantee = {
  id: "S4",
  promise:
    "a row is with one relay at a time, and goes to another when that is silent for longer than the lease",
  cases: [
    {
      id: "S4/one-at-a-time",
      title: "what one relay has, another is not given",
      async run(env) {
        const [one, two] = [await env.store(), await env.store()];
        await env.commit(one, ...messages(5));
        const batch = await env.take(one);
        assert.equal(await env.within("take", two.outbox.take(10)), undefined);
        await env.within("end", batch.end({ published: placesOf(batch.rows) }));
        assert.equal(await env.within("take", two.outbox.take(10)), undefined);
      },
    },
    {
      id: "S4/silent",
      title: "after the lease another is given the rows; the late end is refused and changes nothing",
      async run(env) {
        const [silent, heir] = [await env.store(), await env.store()];
        const sent = messages(3);
        await env.commit(silent, ...sent);
        const lost = await env.take(silent);
        const taken = await env.take(heir);
        assert.deepEqual(ids(taken.rows), idsOf(sent));
        const late = env.within("end", lost.end({ published: placesOf(lost.rows) }));
        await assertStoreRefuses(late, "a late end", "STORE_LEASE_LOST");
        await env.within("end", taken.end({ published: placesOf(taken.rows.slice(0, 1)) }));
        assert.deepEqual(ids(await env.drain(silent)), idsOf(sent.slice(1)));
      },
    },
  ],
};
