import assert from "node:assert/strict";
import type { DocumentChange, Transaction } from "@meshwright/core/adapter";
import type { StoreCase } from "./case.js";
import { documentsAtOnce } from "./s19-at-once.js";
import { type Caller, caller, range, rollBack, transact } from "./stream-events.js";

const totals = "totals";

export function write(own: Caller, collection: string, changes: readonly DocumentChange[]): Promise<void> {
  return transact(own, (tx) => tx.documents.write(collection, changes));
}

/** Documents of these keys, each with its key as the body. */
function named(keys: readonly string[]): { readonly key: string; readonly body: string }[] {
  return keys.map((key) => ({ key, body: JSON.stringify(key) }));
}

const odd: readonly string[] = [
  "'",
  '"',
  "%",
  "_",
  "\\",
  "\\%",
  "a",
  "A",
  "a ",
  " ",
  "é",
  "e\u0301",
  "ß",
  "ss",
];
const far: readonly string[] = [
  "\ud7ff",
  "\ud7ffx",
  "\ue000",
  "\ufffd",
  "\uffffx",
  "😀",
  "\u{10ffff}",
  "\u{10ffff}a",
];
const long: readonly string[] = ["k", "日", "\u{10ffff}"].map((letter) => letter.repeat(300 / letter.length));
/** In the order of their code points, which is not the one of UTF-16. */
const ordered = [...odd, ...far, ...long, "%a", "_a", "\\a", "a%", "a_", "ab", "aB"].sort((one, other) =>
  Buffer.compare(Buffer.from(one), Buffer.from(other)),
);

export const documentCases: readonly StoreCase[] = [
  {
    id: "S19/documents",
    title: "documents are written over, removed, read, listed and cleared; collections and keys are separate",
    async run(env) {
      const [one, two] = [await caller(env), await caller(env)];
      const { documents } = two.store;
      const read = async (collection: string, keys: readonly string[]) =>
        Object.fromEntries(await env.within("read", documents.read(collection, keys)));
      const bodies = ['{"b":1,"a":[null,1.50,"\\u0000"]}', '"ü😀"', "0", `"${"x".repeat(2 ** 20)}"`];
      await write(
        one,
        totals,
        bodies.map((body, at) => ({ key: `${at}`, body })),
      );
      await write(one, "Totals", [{ key: "0", body: "1" }]);
      await write(one, "totals ", [{ key: "0", body: "2" }]);
      await write(one, totals, []);
      assert.deepEqual(await read(totals, ["3", "0", "1", "2", "4", "0"]), { ...bodies });
      assert.deepEqual(await read(totals, []), {});
      await write(one, totals, [
        { key: "0", body: "1" },
        { key: "1", body: undefined },
        { key: "2", body: "1" },
        { key: "2", body: undefined },
        { key: "3", body: undefined },
        { key: "3", body: "3" },
        { key: "none", body: undefined },
      ]);
      assert.deepEqual(await read(totals, ["0", "1", "2", "3"]), { "0": "1", "3": "3" });
      const list = await env.within("list", documents.list(totals));
      assert.deepEqual(list, [
        { key: "0", body: "1" },
        { key: "3", body: "3" },
      ]);
      assert.equal(await env.within("clear", documents.clear(totals)), 2);
      assert.equal(await env.within("clear", documents.clear(totals)), 0);
      assert.deepEqual(await documents.list(totals), []);
      assert.deepEqual(
        [await read("Totals", ["0"]), await read("totals ", ["0"])],
        [{ "0": "1" }, { "0": "2" }],
      );
    },
  },
  {
    id: "S19/order",
    title:
      "lists are in the order of code points, by prefix, behind a key, so many; odd and long keys are keys",
    async run(env) {
      const one = await caller(env);
      await write(one, totals, named(env.random.shuffle(ordered)));
      await write(one, "other", named(["a", "other"]));
      const read = await env.within("read", one.store.documents.read(totals, ordered));
      assert.deepEqual(new Map(named(ordered).map(({ key, body }) => [key, body])), read);
      for (const prefix of ["", "a", "A", "%", "_", "\\", "'", "\ud7ff", "\u{10ffff}", "kk", "日", "none"])
        for (const after of [undefined, "a", "%", "\\", "\ud7ff", "😀", "\u{10ffff}", "b"])
          for (const limit of [undefined, 1, 3]) {
            const expected = ordered.filter(
              (key) => key.startsWith(prefix) && (after === undefined || ordered.indexOf(key) > last(after)),
            );
            const options = {
              prefix,
              ...(after === undefined ? {} : { after }),
              ...(limit === undefined ? {} : { limit }),
            };
            const found = await env.within("list", one.store.documents.list(totals, options));
            assert.deepEqual(found, named(expected.slice(0, limit)), JSON.stringify(options));
          }
    },
  },
  {
    id: "S19/many",
    title: "of 2,500 documents 1,000 are listed unless told otherwise, and all are cleared",
    async run(env) {
      const one = await caller(env);
      const keys = range(10_001, 12_500).map(String);
      await write(one, totals, named(keys));
      await write(one, "other", named(["a"]));
      const { documents } = one.store;
      const list = async (options?: Parameters<typeof documents.list>[1]) =>
        (await env.within("list", documents.list(totals, options))).map(({ key }) => key);
      assert.deepEqual(await list(), keys.slice(0, 1_000));
      assert.deepEqual(await list({ after: "11000" }), keys.slice(1_000, 2_000));
      assert.deepEqual(await list({ limit: 2_000 }), keys.slice(0, 2_000));
      assert.equal((await env.within("read", documents.read(totals, keys))).size, 2_500);
      assert.equal(await env.within("clear", documents.clear(totals)), 2_500);
      assert.deepEqual(await list(), []);
      assert.equal((await documents.list("other")).length, 1);
    },
  },
  {
    id: "S19/own-writes",
    title: "a transaction sees what it has written and removed; others do after its commit, or never",
    async run(env) {
      const [one, two] = [await caller(env), await caller(env)];
      await write(one, totals, named(["a", "b", "c"]));
      const work = async ({ documents }: Transaction): Promise<void> => {
        await documents.write(totals, [
          { key: "a", body: undefined },
          { key: "b", body: "2" },
          { key: "bb", body: "3" },
        ]);
        const read = await documents.read(totals, ["a", "b", "bb", "c"]);
        assert.deepEqual(Object.fromEntries(read), { b: "2", bb: "3", c: '"c"' });
        assert.deepEqual(await documents.list(totals, { limit: 2 }), [
          { key: "b", body: "2" },
          { key: "bb", body: "3" },
        ]);
        assert.equal((await documents.list(totals, { after: "b" })).length, 2);
      };
      await rollBack(one, work);
      assert.deepEqual(await env.within("list", two.store.documents.list(totals)), named(["a", "b", "c"]));
      await transact(one, work);
      assert.deepEqual(await env.within("list", two.store.documents.list(totals)), [
        { key: "b", body: "2" },
        { key: "bb", body: "3" },
        { key: "c", body: '"c"' },
      ]);
    },
  },
  ...documentsAtOnce,
];

/** Where a key stands in the order, or would stand: the index of the last one that is not behind it. */
function last(after: string): number {
  return ordered.findLastIndex((key) => Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0);
}
