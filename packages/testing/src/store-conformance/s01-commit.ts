import assert from "node:assert/strict";
import type { Transaction } from "@meshwright/core/adapter";
import { ids, message } from "../conformance/messages.js";
import type { StoreGuarantee } from "./case.js";
import { append, assertStoreRefuses } from "./env.js";

const claim = { group: "billing", source: "/shop", id: "1" };

export const s01: StoreGuarantee = {
  id: "S1",
  promise: "what a transaction did is there when it has committed, all of it; else nothing is",
  cases: [
    {
      id: "S1/all-of-it",
      title:
        "own writes, outbox rows and claims are there after the commit, for other stores too; the result is passed on",
      async run(env) {
        const [one, two] = [await env.store(), await env.store()];
        const sent = message();
        const result = await env.within(
          "transaction",
          one.transaction(async (tx) => {
            await env.world.write(tx.client, "row", "written");
            await append(tx, sent);
            assert.equal(await tx.claim(claim), true);
            return "result";
          }),
        );
        assert.equal(result, "result");
        assert.equal(await env.world.read("row"), "written");
        assert.deepEqual(ids(await env.drain(two)), [sent.id]);
        assert.equal(await two.transaction((tx) => tx.claim(claim)), false);
      },
    },
    {
      id: "S1/nothing-of-it",
      title: "work that rejects leaves nothing, and the same error is passed on",
      async run(env) {
        const store = await env.store();
        const error = new Error("the work failed");
        const failing = store.transaction(async (tx) => {
          await env.world.write(tx.client, "row", "written");
          await append(tx, message());
          await tx.claim(claim);
          throw error;
        });
        assert.equal(
          await env.within(
            "transaction",
            failing.catch((reason: unknown) => reason),
          ),
          error,
        );
        assert.equal(await env.world.read("row"), undefined);
        assert.deepEqual(await env.drain(store), []);
        assert.equal(await store.transaction((tx) => tx.claim(claim)), true);
      },
    },
    {
      id: "S1/dies",
      title: "a connection that dies before the commit leaves nothing",
      needs: "abandon",
      async run(env) {
        const [victim, other] = [await env.store(), await env.store()];
        const dying = victim.transaction(async (tx) => {
          await env.world.write(tx.client, "row", "written");
          await append(tx, message());
          await tx.claim(claim);
          await env.world.abandon?.(tx.client);
        });
        await assertStoreRefuses(env.within("transaction", dying), "the commit of a dead connection");
        const claimed = env.insist("claim", () => other.transaction((tx) => tx.claim(claim)));
        assert.equal(await claimed, true);
        assert.equal(await env.world.read("row"), undefined);
        assert.deepEqual(await env.drain(other), []);
      },
    },
    {
      id: "S1/ended",
      title: "a transaction that has ended takes nothing more: it says so",
      async run(env) {
        const store = await env.store();
        const committed = await env.within(
          "transaction",
          store.transaction(async (tx) => tx),
        );
        let failed: Transaction | undefined;
        const failing = store.transaction(async (tx) => {
          failed = tx;
          throw new Error("rolled back");
        });
        await env.within(
          "transaction",
          failing.catch(() => undefined),
        );
        for (const tx of [committed, failed as unknown as Transaction]) {
          await assertStoreRefuses(append(tx, message()), "an append after the end", "STORE_TX_ENDED");
          await assertStoreRefuses(tx.claim(claim), "a claim after the end", "STORE_TX_ENDED");
          const others = {
            "documents.read": () => tx.documents.read("totals", ["a"]),
            "documents.list": () => tx.documents.list("totals"),
            "documents.write": () => tx.documents.write("totals", [{ key: "a", body: "1" }]),
            hold: () => tx.hold("totals"),
            move: () => tx.move("totals", 1),
          };
          for (const [name, call] of Object.entries(others))
            await assertStoreRefuses(call(), `${name} after the end`, "STORE_TX_ENDED");
        }
        assert.deepEqual(await env.drain(store), []);
        assert.equal(await store.transaction((tx) => tx.claim(claim)), true);
      },
    },
    {
      id: "S1/nested",
      title: "a transaction inside another one of the same store is refused, and the outer one goes on",
      async run(env) {
        const store = await env.store();
        const sent = message();
        await env.within(
          "transaction",
          store.transaction(async (tx) => {
            const inner = store.transaction(async () => undefined);
            await assertStoreRefuses(inner, "a nested transaction", "STORE_NESTED");
            await append(tx, sent);
          }),
        );
        assert.deepEqual(ids(await env.drain(store)), [sent.id]);
      },
    },
  ],
};
