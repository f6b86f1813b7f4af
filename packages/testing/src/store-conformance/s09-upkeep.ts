import assert from "node:assert/strict";
import type { Store, WireMessage } from "@meshwright/core/adapter";
import { assertSame, ids, idsOf, message, messages } from "../conformance/messages.js";
import { edges, randomMessage } from "../conformance/odd-messages.js";
import { backlogCases } from "./backlog.js";
import type { StoreGuarantee } from "./case.js";
import { assertStoreRefuses, placesOf, type StoreEnv } from "./env.js";
import { streamCalls, streamPrefixCases, streamRestartCases } from "./upkeep-of-streams.js";

async function roundTrip(env: StoreEnv, sent: readonly WireMessage[]): Promise<void> {
  const store = await env.store();
  for (const one of sent) {
    await env.commit(store, one);
    const [row] = await env.drain(store);
    assert.ok(row, "a row is missing");
    assertSame(row.message, one, "a row");
    assert.equal(row.message.deliverAt, one.deliverAt);
  }
  await env.commit(store, ...sent);
  const rows = await env.drain(store);
  const byId = new Map(rows.map(({ message }) => [message.id, message]));
  for (const one of sent) assertSame(byId.get(one.id) as WireMessage, one, "a row of many");
}

export const s09: StoreGuarantee = {
  id: "S9",
  promise: "a drained outbox is empty, and how much waits is told",
  cases: [
    {
      id: "S9/empty",
      title: "nothing of 2,000 published rows is left",
      needs: "rowsLeft",
      async run(env) {
        const store = await env.store();
        for (let batch = 0; batch < 20; batch++)
          await env.commit(store, ...messages(100, { key: `key-${batch}` }));
        assert.equal(await env.world.rowsLeft?.(), 2_000);
        assert.equal((await env.drain(store)).length, 2_000);
        assert.equal(await env.world.rowsLeft?.(), 0);
      },
    },
    ...backlogCases,
  ],
};

export const s10: StoreGuarantee = {
  id: "S10",
  promise: "every field of a message and every byte of its body comes back as it went in",
  cases: [
    {
      id: "S10/edges",
      title: "empty and binary bodies, NUL, all 256 bytes, long and empty fields, a time of delivery",
      run: (env) => roundTrip(env, [...edges(), message({ deliverAt: 1_800_000_000_123 })]),
    },
    {
      id: "S10/random",
      title: "random messages from all over Unicode and all bytes",
      run: (env) =>
        roundTrip(
          env,
          Array.from({ length: 150 }, () => randomMessage(env.random)),
        ),
    },
  ],
};

export const s11: StoreGuarantee = {
  id: "S11",
  promise: "stores with different prefixes do not see each other",
  cases: [
    {
      id: "S11/prefixes",
      title: "rows, claims and refused rows of one are not the other's",
      needs: "elsewhere",
      async run(env) {
        const [here, there] = [await env.store(), await env.store(env.world.elsewhere)];
        const claim = { group: "billing", source: "/shop", id: "1" };
        const sent = messages(2);
        await env.commit(here, ...sent);
        assert.equal(
          await env.within(
            "claim",
            here.transaction((tx) => tx.claim(claim)),
          ),
          true,
        );
        assert.deepEqual(await env.drain(there), []);
        assert.equal(
          await env.within(
            "claim",
            there.transaction((tx) => tx.claim(claim)),
          ),
          true,
        );
        const batch = await env.take(here);
        const refused = batch.rows.map(({ place }) => ({ place, code: "NO", message: "no" }));
        await env.within("end", batch.end({ published: [], refused }));
        assert.deepEqual(await there.outbox.refused(), []);
        assert.equal(await there.outbox.restore(placesOf(batch.rows)), 0);
        assert.equal(await here.outbox.restore(placesOf(batch.rows)), 2);
        assert.deepEqual(ids(await env.drain(here)), idsOf(sent));
      },
    },
    ...streamPrefixCases,
  ],
};

/** Every call that needs an open store. */
function callsOf(store: Store): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    transaction: () => store.transaction(async () => undefined),
    take: () => store.outbox.take(1),
    refused: () => store.outbox.refused(),
    prune: () => store.pruneInbox(0),
    ...streamCalls(store),
  };
}

export const s12: StoreGuarantee = {
  id: "S12",
  promise: "restarts are survived without help, and after close every call is refused",
  cases: [
    {
      id: "S12/restart",
      title: "what was committed is there after a restart, and the same store goes on",
      durable: true,
      needs: "restart",
      async run(env) {
        const store = await env.store();
        const [before, after] = [message(), message()];
        await env.commit(store, before);
        const held = await env.take(store);
        await env.world.restart?.();
        await assertStoreRefuses(
          env.within("end", held.end({ published: placesOf(held.rows) })),
          "an end after the restart",
        );
        await env.insist("transaction", () => env.commit(store, after));
        const rows = await env.insist("drain", () => env.drain(store));
        assert.deepEqual([...new Set(ids(rows))], [before.id, after.id]);
      },
    },
    {
      id: "S12/not-open",
      title: "calls before open and after close are refused, and a second close does nothing",
      async run(env) {
        const unopened = env.world.create();
        for (const [name, call] of Object.entries(callsOf(unopened)))
          await assertStoreRefuses(env.within(name, call()), `${name} before open`, "STORE_NOT_OPEN");
        const store = await env.store();
        await env.within("close", store.close());
        await env.within("close", store.close());
        for (const [name, call] of Object.entries(callsOf(store)))
          await assertStoreRefuses(env.within(name, call()), `${name} after close`, "STORE_CLOSED");
      },
    },
    {
      id: "S12/close-waits",
      title: "close waits for a transaction under way, which commits",
      async run(env) {
        const [store, other] = [await env.store(), await env.store()];
        const sent = message();
        let closing: Promise<void> | undefined;
        const done = store.transaction(async (tx) => {
          closing = store.close();
          await env.pass(20);
          await tx.append([{ channel: "orders", message: sent }]);
        });
        await env.within("transaction", done);
        await env.within("close", closing ?? Promise.resolve());
        assert.deepEqual(ids(await env.drain(other)), [sent.id]);
      },
    },
    ...streamRestartCases,
  ],
};

export const s13: StoreGuarantee = {
  id: "S13",
  promise: "what does not fit makes open reject, and says what to do",
  cases: [
    {
      id: "S13/misfits",
      title: "each is refused with an error that has a code, and the store that fits still opens",
      needs: "misfits",
      async run(env) {
        for (const [what, create] of Object.entries(env.world.misfits ?? {}))
          await assertStoreRefuses(env.store(create), what);
        await env.store();
      },
    },
  ],
};
