import { expect, test } from "vitest";
import { temporaryFile } from "../support.js";
import { openStore, planOf, recordingHandle } from "./support.js";

const odd = ["\0", "\u00010", "\u0001", "\u00012d800", "\ud800", "\udc00\ud800", "😀\ud83d", "\ufffd"];

test("texts with U+0000 and with half a character come back, and name different documents and checkpoints", async () => {
  const store = await openStore({ path: temporaryFile() });
  await store.transaction(async (tx) => {
    for (const [at, text] of odd.entries()) {
      await tx.documents.write(
        text,
        odd.map((key) => ({ key, body: `${key}${text}` })),
      );
      await tx.hold(text);
      await tx.move(text, at);
    }
  });
  for (const [at, text] of odd.entries()) {
    const expected = new Map(odd.map((key) => [key, `${key}${text}`]));
    expect(await store.documents.read(text, odd)).toEqual(expected);
    const listed = await store.documents.list(text);
    expect(new Map(listed.map(({ key, body }) => [key, body]))).toEqual(expected);
    expect(await store.transaction((tx) => tx.hold(text))).toBe(at);
  }
  expect((await store.checkpoints("")).map(({ name }) => name).sort()).toEqual([...odd].sort());
  const prefixed = await store.documents.list("\0", { prefix: "\u0001" });
  expect(prefixed.map(({ key }) => key)).toEqual(["\u0001", "\u00010", "\u00012d800"]);
  expect(await store.documents.clear("\0")).toBe(odd.length);
  expect(await store.documents.list("\u00010")).toHaveLength(odd.length);
});

test("clearing lets others have their turn", async () => {
  const store = await openStore({ path: temporaryFile() });
  const changes = Array.from({ length: 3_000 }, (_, key) => ({ key: String(key), body: "1" }));
  await store.transaction((tx) => tx.documents.write("totals", changes));
  const left: number[] = [];
  const cleared = store.documents.clear("totals");
  await store.transaction(async ({ documents }) => {
    left.push((await documents.list("totals", { limit: Infinity })).length);
  });
  expect(left[0]).toBe(2_000);
  expect(await cleared).toBe(3_000);
});

test("nothing sorts, nor reads more than it looks for", async () => {
  const { database, prepared } = await recordingHandle();
  const store = await openStore({ database });
  const { documents } = store;
  await store.transaction(async (tx) => {
    const changes = [
      { key: "a", body: "1" },
      { key: "a", body: undefined },
    ];
    await tx.documents.write("totals", changes);
    await tx.hold("totals");
    await tx.move("totals", 1);
  });
  await documents.read("totals", ["a"]);
  await documents.list("totals");
  await documents.list("totals", { prefix: "a", after: "ab" });
  await documents.clear("totals");
  await store.checkpoints("to");
  const statements = prepared.filter((sql) => /^(SELECT|DELETE).*mw_(documents|checkpoints)/.test(sql));
  expect(statements).toHaveLength(7);
  for (const sql of statements) {
    const plan = planOf(database, sql).join("\n");
    expect(plan, sql).toMatch(/^SEARCH mw_/m);
    expect(plan, sql).not.toMatch(/TEMP B-TREE|SCAN mw_/);
  }
  const [list = ""] = statements.filter((sql) => sql.includes("key > ?"));
  expect(planOf(database, list)[0]).toContain("(collection=? AND key>? AND key<?)");
});
