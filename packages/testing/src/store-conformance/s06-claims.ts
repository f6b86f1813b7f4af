import assert from "node:assert/strict";
import type { Claim } from "@meshwright/core/adapter";
import { ids, message } from "../conformance/messages.js";
import type { StoreGuarantee } from "./case.js";
import { append, assertStoreRefuses } from "./env.js";

const claim: Claim = { group: "billing", source: "/shop", id: "1" };

export const s06: StoreGuarantee = {
  id: "S6",
  promise: "a claim answers true for one committed transaction of each group, source and id",
  cases: [
    {
      id: "S6/once",
      title:
        "the second claim is told so, in the same transaction and in a later one; other groups, sources and ids are others",
      async run(env) {
        const [one, two] = [await env.store(), await env.store()];
        const both = await env.within(
          "claim",
          one.transaction(async (tx) => [await tx.claim(claim), await tx.claim(claim)]),
        );
        assert.deepEqual(both, [true, false]);
        const others = [
          { ...claim, group: "audit" },
          { ...claim, source: "/shop1" },
          { ...claim, source: "/shop1", id: "" },
          { ...claim, group: "billing/", source: "shop" },
          { ...claim, id: "" },
          { ...claim, id: "\u0000ü" },
        ];
        for (const other of others)
          assert.equal(
            await env.within(
              "claim",
              two.transaction((tx) => tx.claim(other)),
            ),
            true,
            JSON.stringify(other),
          );
        assert.equal(
          await env.within(
            "claim",
            two.transaction((tx) => tx.claim(claim)),
          ),
          false,
        );
      },
    },
    {
      id: "S6/at-the-same-time",
      title: "of twenty that try at the same time one is told that it is the first",
      async run(env) {
        const stores = await Promise.all(Array.from({ length: 4 }, () => env.store()));
        const answers = await env.within(
          "claims",
          Promise.all(
            Array.from({ length: 20 }, (_, index) =>
              stores[index % 4]?.transaction((tx) => tx.claim(claim), { retries: 20 }),
            ),
          ),
        );
        assert.equal(answers.filter((first) => first).length, 1);
      },
    },
    {
      id: "S6/rolled-back",
      title: "a claim that was rolled back counts for nothing",
      async run(env) {
        const store = await env.store();
        const failing = store.transaction(async (tx) => {
          await tx.claim(claim);
          throw new Error("rolled back");
        });
        await env.within(
          "transaction",
          failing.catch(() => undefined),
        );
        assert.equal(
          await env.within(
            "claim",
            store.transaction((tx) => tx.claim(claim)),
          ),
          true,
        );
      },
    },
  ],
};

export const s07: StoreGuarantee = {
  id: "S7",
  promise: "pruning the inbox removes what was claimed before a time, and nothing later",
  cases: [
    {
      id: "S7/prune",
      title: "old claims go, young ones stay",
      async run(env) {
        const store = await env.store();
        await env.within(
          "claim",
          store.transaction((tx) => tx.claim(claim)),
        );
        assert.equal(await env.within("prune", store.pruneInbox(Date.now() - 60_000)), 0);
        assert.equal(
          await env.within(
            "claim",
            store.transaction((tx) => tx.claim(claim)),
          ),
          false,
        );
        assert.equal(await env.within("prune", store.pruneInbox(Date.now() + 60_000)), 1);
        assert.equal(
          await env.within(
            "claim",
            store.transaction((tx) => tx.claim(claim)),
          ),
          true,
        );
      },
    },
  ],
};

export const s08: StoreGuarantee = {
  id: "S8",
  promise: "a transaction that lost against another rejects with STORE_CONFLICT and has done nothing",
  cases: [
    {
      id: "S8/loser",
      title:
        "of two that conflict one is refused, retryable, and leaves nothing; with retries both succeed in the end",
      concurrent: true,
      needs: "conflict",
      async run(env) {
        const [one, two] = [await env.store(), await env.store()];
        const [first, second] = [message(), message()];
        let began = 0;
        const work = (sent: typeof first, own: typeof one, retries: number) =>
          own.transaction(
            async (tx) => {
              await append(tx, sent);
              began += 1;
              await env.eventually("both have begun", () => began >= 2);
              await env.world.conflict?.(tx.client, "row");
            },
            { retries },
          );
        const both = [work(first, one, 0), work(second, two, 0)];
        const outcomes = await env.within("both", Promise.allSettled(both));
        const refused = outcomes.flatMap((one) =>
          one.status === "rejected" ? [Promise.reject(one.reason)] : [],
        );
        assert.equal(refused.length, 1, "not exactly one was refused");
        const error = await assertStoreRefuses(refused[0] as Promise<never>, "the loser", "STORE_CONFLICT");
        assert.equal(error.retryable, true);
        const winner = outcomes[0]?.status === "fulfilled" ? first : second;
        assert.deepEqual(ids(await env.drain(one)), [winner.id]);
        began = 0;
        await env.within("both with retries", Promise.all([work(first, one, 5), work(second, two, 5)]));
        assert.equal((await env.drain(one)).length, 2);
      },
    },
  ],
};
