import type { WireMessage } from "@meshwright/core/adapter";
import fc from "fast-check";
import pg from "pg";
import { expect, test } from "vitest";
import { database, message, openStore, places, poolOn, take } from "./support.js";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "\u0000",
    "a\u0000b",
    "\ud800",
    "\udc00x",
    "\\x00",
    "{}",
    '"',
    "NULL",
    "\u0001",
    "'; --",
    "😀",
  ),
);
const bytes = fc.uint8Array({ maxLength: 300 });
const wireMessage: fc.Arbitrary<WireMessage> = fc.record(
  {
    id: text,
    type: text,
    key: text,
    contentType: text,
    headers: fc.dictionary(fc.oneof(text, fc.constant("__proto__")), text, {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    body: fc.oneof(text, bytes),
    deliverAt: fc.oneof(fc.integer({ min: 0, max: 4e12 }), fc.double({ min: 0, max: 4e12, noNaN: true })),
  },
  { requiredKeys: ["id", "type", "key", "contentType", "headers", "body"] },
);
const row = fc.record({ channel: text, message: wireMessage });

function shown({ body, ...rest }: WireMessage): unknown {
  return {
    ...rest,
    headers: Object.entries(rest.headers),
    body: typeof body === "string" ? body : [...body],
  };
}

test("every field and every byte comes back, of one row and of many, also from the shelf", async () => {
  const store = await openStore({ url: await database() });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (rows) => {
      await store.transaction((tx) => tx.append(rows));
      const got = [];
      for (let batch = await store.outbox.take(10); batch; batch = await store.outbox.take(10)) {
        got.push(...batch.rows);
        await batch.end({
          published: [],
          refused: places(batch).map((place) => ({ place, code: "NO\u0000", message: "no \ud800" })),
        });
      }
      got.sort((one, other) => Number(one.place) - Number(other.place));
      const sent = rows.map(({ channel, message }) => [channel, shown(message)]);
      expect(got.map(({ channel, message }) => [channel, shown(message)])).toEqual(sent);
      const shelf = [...(await store.outbox.refused())].sort(
        (one, other) => Number(one.place) - Number(other.place),
      );
      expect(shelf.map(({ channel, message }) => [channel, shown(message)])).toEqual(sent);
      expect(await store.outbox.remove(shelf.map(({ place }) => place))).toBe(rows.length);
    }),
    { numRuns: 150 },
  );
});

test("claims are told apart whatever their texts are, and however long", async () => {
  const store = await openStore({ url: await database() });
  const long = "x".repeat(5_000);
  const odd = ["", "\u0000", "\\u0000", '"\\u0000"', "\u0001", "\ud800", "\ufffd", long, `${long}y`];
  const all = [...odd, ...odd.map((one) => `\u0001${JSON.stringify(one)}`)];
  for (const id of all) {
    const claim = { group: id, source: id, id };
    expect(await store.transaction((tx) => tx.claim(claim)), JSON.stringify(id).slice(0, 40)).toBe(true);
    expect(await store.transaction((tx) => tx.claim(claim))).toBe(false);
  }
});

test("what a service has told pg about numbers changes nothing", async () => {
  const pool = poolOn(await database(), {
    types: {
      getTypeParser: ((oid: number, format?: "text") =>
        oid === pg.types.builtins.INT8 || oid === pg.types.builtins.FLOAT8
          ? () => -1n
          : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  const store = await openStore({ pool });
  const sent = message({ deliverAt: 5 });
  await store.transaction((tx) => tx.append([{ channel: "orders", message: sent }]));
  const batch = await take(store);
  expect(batch.rows.map((one) => one.message)).toEqual([sent]);
  await batch.end({ published: places(batch) });
  expect(await store.outbox.take(1)).toBeUndefined();
});
