import type { Transaction } from "@meshwright/core/adapter";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gate, isWaiting } from "./streams/support.js";
import { database, openStore, poolOn } from "./support.js";

type Tx = Pick<Transaction, "documents">;

const piece = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom(
    "\0",
    "\u0001",
    "\u0002",
    "\ud7ff",
    "\ud800",
    "\udfff",
    "\ue000",
    "\u{10ffff}",
    "d800",
    "a",
    "k".repeat(199),
  ),
);
const key = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));

/** By code point, where half of a surrogate pair is one too. */
function inOrder(one: string, other: string): number {
  const [left, right] = [[...one], [...other]];
  for (const [at, character] of left.entries()) {
    const difference = (character.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** By code point too: half of a pair is no beginning of the pair. */
function beginsWith(text: string, prefix: string): boolean {
  const points = [...text];
  return [...prefix].every((point, at) => points[at] === point);
}

test("keys and bodies of any characters and any length come back, in the order of code points, by prefix and behind another", async () => {
  const store = await openStore({ url: await database() });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 12 }), key, async (keys, other) => {
      const collection = `${other}${round++}`;
      const documents = keys.map((one) => ({ key: one, body: JSON.stringify([one]) + one }));
      await store.transaction((tx) => tx.documents.write(collection, documents));
      const sorted = [...documents].sort((one, two) => inOrder(one.key, two.key));
      expect(await store.documents.list(collection)).toEqual(sorted);
      const read = await store.documents.read(collection, [...keys, "missing"]);
      expect(new Map(read)).toEqual(new Map(documents.map((one) => [one.key, one.body])));
      for (const [at, { key: after }] of sorted.entries()) {
        const prefix = [...after].slice(0, -1).join("");
        expect(await store.documents.list(collection, { after })).toEqual(sorted.slice(at + 1));
        const begins = sorted.filter((one) => beginsWith(one.key, prefix));
        expect(await store.documents.list(collection, { prefix })).toEqual(begins);
      }
      expect(await store.documents.clear(collection)).toBe(keys.length);
    }),
    { numRuns: 60 },
  );
});

test("keys that are long and differ at their ends are kept apart and in order", async () => {
  const store = await openStore({ url: await database() });
  const long = "日".repeat(3_000);
  const keys = [long.slice(1), long, `${long}a`, `${long}b`, `${long}b1`, `${long}c`];
  const collection = "x".repeat(10_000);
  await store.transaction((tx) =>
    tx.documents.write(
      collection,
      keys.map((one, at) => ({ key: one, body: String(at) })),
    ),
  );
  const bodies = async (options: { prefix?: string; after?: string }): Promise<string> =>
    (await store.documents.list(collection, options)).map(({ body }) => body).join("");
  expect(await bodies({})).toBe("012345");
  expect(await bodies({ prefix: `${long}b` })).toBe("34");
  expect(await bodies({ prefix: long, after: `${long}a` })).toBe("345");
  expect(await bodies({ after: long.slice(0, 200) })).toBe("012345");
  expect(await store.documents.list("x".repeat(10_001))).toEqual([]);
});

test("who has read that a document is not there is refused when another has made it since", async () => {
  const url = await database();
  const [store, other] = [await openStore({ url }), await openStore({ url })];
  const lost = store.transaction(async (tx) => {
    expect((await tx.documents.read("c", ["k"])).size).toBe(0);
    await other.transaction((theirs) => theirs.documents.write("c", [{ key: "k", body: "1" }]));
    await tx.documents.write("c", [{ key: "k", body: "2" }]);
  });
  await expect(lost).rejects.toMatchObject({ code: "STORE_CONFLICT" });
  expect((await store.documents.read("c", ["k"])).get("k")).toBe("1");
  await store.transaction(async (tx) => {
    await tx.documents.read("c", ["n"]);
    await other.transaction((theirs) => theirs.documents.write("c", [{ key: "n", body: "1" }]));
    await tx.documents.write("c", [{ key: "n", body: undefined }]);
  });
  expect((await store.documents.read("c", ["n"])).get("n"), "removed though it was not there to see").toBe(
    "1",
  );
});

test("what a transaction has read or listed waits for its end", async () => {
  const url = await database();
  const observer = poolOn(url);
  const [store, other] = [await openStore({ url }), await openStore({ url })];
  const write = (body: string) => other.transaction((tx) => tx.documents.write("c", [{ key: "k", body }]));
  await write("1");
  for (const [before, after, read] of [
    ["1", "2", (tx: Tx) => tx.documents.read("c", ["k"])],
    ["2", "3", (tx: Tx) => tx.documents.list("c")],
  ] as const) {
    const hasRead = gate();
    const ended = store.transaction(async (tx) => {
      await read(tx);
      hasRead.open();
      await isWaiting(observer, "mw_documents");
      expect((await store.documents.read("c", ["k"])).get("k")).toBe(before);
    });
    await hasRead.opened;
    const writing = write(after);
    await Promise.all([ended, writing]);
    expect((await store.documents.read("c", ["k"])).get("k")).toBe(after);
  }
});
