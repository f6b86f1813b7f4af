import { partitionOf } from "@meshwright/core/adapter";
import { expect, test } from "vitest";
import { temporaryFile } from "../support.js";
import { commit, handleOn, ids, openStore, places, planOf, recordingHandle, row, take } from "./support.js";

/** One key of each lane. */
const keys = Array.from({ length: 16 }, (_, lane) => {
  for (let at = 0; ; at++) if (partitionOf(`key-${at}`, 16) === lane) return `key-${at}`;
});

test("of rows in all lanes one relay takes half, a second one the rest, and a third finds nothing", async () => {
  const path = temporaryFile();
  const [one, two] = [await openStore({ path }), await openStore({ path })];
  await one.transaction((tx) => tx.append(keys.map((key) => row({ key, id: key }))));
  const first = await take(one);
  const second = await take(two);
  expect(first.rows).toHaveLength(8);
  expect(await one.outbox.take(100)).toBeUndefined();
  expect([...ids(first), ...ids(second)].sort()).toEqual([...keys].sort());
});

test("every lane comes up, also when those before it never get empty", async () => {
  const store = await openStore({ path: temporaryFile() });
  const seen = new Set<string>();
  for (let turn = 0; turn < 4; turn++) {
    await store.transaction((tx) => tx.append(keys.map((key) => row({ key }))));
    const batch = await take(store, 8);
    for (const { message } of batch.rows) seen.add(message.key);
    await batch.end({ published: places(batch) });
  }
  expect(seen.size).toBe(16);
});

test("a batch ends once, and touches its own rows only", async () => {
  const store = await openStore({ path: temporaryFile() });
  await commit(store, "1", "2", "3");
  const batch = await take(store, 2);
  const [first = "", second = ""] = places(batch);
  const next = String(Number(second) + 1);
  await batch.end({ published: [first, next], refused: [{ place: next, code: "NO", message: "no" }] });
  await expect(batch.end({ published: [second] })).rejects.toMatchObject({ code: "STORE_LEASE_LOST" });
  expect(await store.outbox.refused()).toEqual([]);
  expect(ids(await take(store))).toEqual(["2", "3"]);
});

test("a lane that was taken again by the same store is not the earlier batch's", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  await commit(store, "1");
  const late = await take(store);
  (await handleOn(path)).exec("UPDATE mw_lanes SET until = 0");
  const again = await take(store);
  await expect(late.end({ published: places(late) })).rejects.toMatchObject({ code: "STORE_LEASE_LOST" });
  await again.end({ published: [] });
  expect(ids(await take(store))).toEqual(["1"]);
});

test("a lease that ran out is still good while nobody has taken the rows", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  await commit(store, "1");
  const late = await take(store);
  (await handleOn(path)).exec("UPDATE mw_lanes SET until = 0");
  await late.end({ published: places(late) });
  expect(await store.outbox.take(1)).toBeUndefined();
});

test("a store that closes gives back what its relay had", async () => {
  const path = temporaryFile();
  const [one, two] = [await openStore({ path }), await openStore({ path })];
  await commit(one, "1");
  const held = await take(one);
  expect(await two.outbox.take(1)).toBeUndefined();
  await one.close();
  expect(ids(await take(two))).toEqual(["1"]);
  await expect(held.end({ published: places(held) })).rejects.toMatchObject({ code: "STORE_CLOSED" });
});

test("taking neither sorts nor reads the backlog", async () => {
  const { database, prepared } = await recordingHandle();
  const store = await openStore({ database });
  await commit(store, "1");
  prepared.length = 0;
  await take(store);
  const plans = prepared.filter((sql) => sql.includes("mw_outbox")).map((sql) => planOf(database, sql));
  expect(plans).toHaveLength(2);
  for (const plan of plans) {
    expect(plan.filter((step) => /TEMP B-TREE|SCAN (mw_outbox|o\b)/.test(step))).toEqual([]);
    expect(plan).toContainEqual(expect.stringContaining("COVERING INDEX mw_outbox_by_lane"));
  }
});
