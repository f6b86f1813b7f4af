/** Prefixes, restarts, cut connections and closing (S11, S12) of what streams, documents and checkpoints are made of. */
import assert from "node:assert/strict";
import type { Store } from "@meshwright/core/adapter";
import type { StoreCase } from "./case.js";
import { assertStoreRefuses } from "./env.js";
import { moveTo, whereIs } from "./s19-checkpoints.js";
import { write } from "./s19-documents.js";
import {
  appendTo,
  type Caller,
  caller,
  event,
  events,
  headOf,
  idsIn,
  idsOfEvents,
  readLog,
  readStream,
  transact,
} from "./stream-events.js";

const stream = "order/1";

export const streamPrefixCases: readonly StoreCase[] = [
  {
    id: "S11/streams",
    title: "streams, the log, documents and checkpoints of one are not the other's",
    needs: "elsewhere",
    async run(env) {
      const [here, there] = [await caller(env), await caller(env, env.world.elsewhere)];
      const sent = event();
      await appendTo(here, stream, 0, events(3));
      await write(here, "totals", [{ key: "a", body: "1" }]);
      await moveTo(here, "totals", 5);
      assert.deepEqual(await readStream(there, stream), []);
      assert.equal(await headOf(there), 0);
      assert.deepEqual(await there.store.documents.list("totals"), []);
      assert.deepEqual(await there.store.checkpoints(""), []);
      assert.equal(await moveTo(there, "totals", 9), 0);
      assert.equal(await env.within("clear", there.store.documents.clear("totals")), 0);
      assert.deepEqual(await appendTo(there, stream, 0, [sent]), { version: 1, repeated: false });
      assert.deepEqual(
        (await readLog(there)).map(({ position, event }) => [position, event.id]),
        [[1, sent.id]],
      );
      assert.equal((await readLog(here)).length, 3);
      assert.equal(await whereIs(here, "totals"), 5);
      assert.equal((await here.store.documents.list("totals")).length, 1);
    },
  },
  {
    id: "S11/holds",
    title: "who holds a checkpoint of one holds none of the other",
    needs: "elsewhere",
    concurrent: true,
    async run(env) {
      const [here, there] = [await caller(env), await caller(env, env.world.elsewhere)];
      await transact(here, async (tx) => {
        assert.equal(await tx.hold("totals"), 0);
        assert.equal(await moveTo(there, "totals", 9), 0);
      });
      assert.equal(await whereIs(here, "totals"), 0);
    },
  },
];

/** Every call of a store that has to do with streams, documents and checkpoints. */
export function streamCalls(store: Store): Readonly<Record<string, () => Promise<unknown>>> {
  const { streams, documents } = store;
  return {
    append: () => streams.append(stream, 0, events(1)),
    read: () => streams.read(stream)[Symbol.asyncIterator]().next(),
    readAll: () => streams.readAll()[Symbol.asyncIterator]().next(),
    page: () => streams.page({ after: 0, limit: 1 }),
    head: () => streams.head(),
    "documents.read": () => documents.read("totals", ["a"]),
    "documents.list": () => documents.list("totals"),
    "documents.clear": () => documents.clear("totals"),
    checkpoints: () => store.checkpoints(""),
  };
}

/** Leaves an event, a document and a checkpoint. */
async function leave(own: Caller): Promise<string> {
  const sent = event();
  await appendTo(own, stream, "any", [sent]);
  await write(own, "totals", [{ key: sent.id, body: "1" }]);
  await moveTo(own, "totals", 5);
  return sent.id;
}

async function assertLeft(own: Caller, ids: readonly string[]): Promise<void> {
  assert.deepEqual(idsIn(await readLog(own)), ids);
  const documents = await own.env.within("list", own.store.documents.list("totals"));
  assert.deepEqual(
    documents.map(({ key }) => key),
    ids,
  );
  assert.equal(await whereIs(own, "totals"), 5);
}

export const streamRestartCases: readonly StoreCase[] = [
  {
    id: "S12/streams-restart",
    title: "events, documents and checkpoints are there after a restart, and the log goes on without a gap",
    durable: true,
    needs: "restart",
    async run(env) {
      const own = await caller(env);
      const before = await leave(own);
      await headOf(own);
      await env.world.restart?.();
      await env.insist("head", () => headOf(own));
      await env.insist("transaction", () => whereIs(own, "totals"));
      await assertLeft(own, [before]);
      const after = await leave(own);
      await assertLeft(own, [before, after]);
      assert.equal(await headOf(own), 2);
    },
  },
  {
    id: "S12/streams-cut-off",
    title:
      "a connection that dies in a transaction takes back its events, documents and checkpoints, and no other",
    needs: "abandon",
    async run(env) {
      const [victim, other] = [await caller(env), await caller(env)];
      const before = await leave(other);
      const lost = events(2);
      const dying = transact(victim, async (tx) => {
        await victim.store.streams.append(stream, 1, lost, { tx });
        await tx.documents.write("totals", [{ key: "lost", body: "1" }]);
        await tx.hold("totals");
        await tx.move("totals", 9);
        await env.world.abandon?.(tx.client);
      });
      await assertStoreRefuses(dying, "the commit of a dead connection");
      await env.insist("append", () => appendTo(other, stream, 1, lost));
      await env.eventually(
        "the checkpoint is free",
        async () => (await whereIs(other, "totals")) !== undefined,
      );
      assert.deepEqual(idsIn(await readLog(other)), [before, ...idsOfEvents(lost)]);
      assert.equal(await whereIs(other, "totals"), 5);
      assert.deepEqual([...(await other.store.documents.read("totals", ["lost"]))], []);
      if (victim.store.capabilities.concurrent)
        await env.insist("append", () => appendTo(victim, stream, 3, events(1)));
    },
  },
];
