import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFile } from "../support.js";
import { event, events, idsOf, readLog, readStream } from "./stream-events.js";
import { handleOn, openStore, planOf, recordingHandle } from "./support.js";

describe("an append", () => {
  test("that fails within leaves nothing, also when its transaction goes on and commits", async () => {
    const path = temporaryFile();
    const store = await openStore({ path });
    (await handleOn(path)).exec(`CREATE TRIGGER no BEFORE INSERT ON mw_events WHEN NEW.type = 'bad'
      BEGIN SELECT RAISE(ABORT, 'no such event here'); END`);
    const [before, after] = [event(), event()];
    await store.streams.append("order/1", 0, [before]);
    await store.transaction(async (tx) => {
      const failing = store.streams.append("order/1", 1, [event(), event({ type: "bad" })], { tx });
      await expect(failing).rejects.toMatchObject({ name: "StoreError", code: "SQLITE_ERROR" });
      await store.streams.append("order/1", 1, [after], { tx });
    });
    expect(idsOf(await readLog(store))).toEqual([before.id, after.id]);
  });

  test("that waits for the lock in vain is a conflict", async () => {
    const path = temporaryFile();
    const store = await openStore({ path, busyTimeout: 30 });
    const own = await handleOn(path);
    own.exec("BEGIN IMMEDIATE");
    const waiting = store.streams.append("order/1", 0, [event()]);
    await expect(waiting).rejects.toMatchObject({ code: "STORE_CONFLICT", retryable: true });
    own.exec("ROLLBACK");
    await store.streams.append("order/1", 0, [event()]);
  });

  test("inside of a transaction, but not in it, is refused", async () => {
    const store = await openStore({ path: temporaryFile() });
    await store.transaction(async () => {
      const nested = store.streams.append("order/1", 0, [event()]);
      await expect(nested).rejects.toMatchObject({ code: "STORE_NESTED" });
    });
  });

  test("wakes who watches after the commit, and only when something was written", async () => {
    const store = await openStore({ path: ":memory:" });
    let told = 0;
    onTestFinished(store.streams.watch(() => told++));
    const sent = [event()];
    await store.streams.append("order/1", 0, sent);
    expect(told).toBe(1);
    await store.streams.append("order/1", 0, sent);
    await store.streams.append("order/1", 1, []);
    const rolledBack = store.transaction(async (tx) => {
      await store.streams.append("order/1", 1, [event()], { tx });
      throw new Error("rolled back");
    });
    await rolledBack.catch(() => undefined);
    expect(told).toBe(1);
    await store.transaction(async (tx) => {
      await store.streams.append("order/1", 1, [event()], { tx });
      expect(told).toBe(1);
    });
    expect(told).toBe(2);
  });
});

test("what a savepoint takes back leaves no gap", async () => {
  const store = await openStore({ path: temporaryFile() });
  const [first, second] = [event(), event()];
  await store.transaction(async (tx) => {
    await store.streams.append("order/1", 0, [first], { tx });
    tx.client.exec("SAVEPOINT own");
    await store.streams.append("order/1", 1, events(3), { tx });
    tx.client.exec("ROLLBACK TO own");
    await store.streams.append("order/1", 1, [second], { tx });
  });
  const found = await readLog(store);
  expect(found.map(({ position, version }) => [position, version])).toEqual([
    [1, 1],
    [2, 2],
  ]);
  expect(idsOf(found)).toEqual([first.id, second.id]);
});

test("a page looks through a stretch of the log for types, and says how far; all are found in the end", async () => {
  const store = await openStore({ path: temporaryFile() });
  const rare = [event({ type: "rare" }), event({ type: "rare" })] as const;
  await store.transaction(async (tx) => {
    await store.streams.append("order/1", 0, [rare[0]], { tx });
    await store.streams.append("order/2", 0, events(10_500), { tx });
    await store.streams.append("order/1", 1, [rare[1]], { tx });
  });
  const types = ["rare", "none"];
  const first = await store.streams.page({ types, after: 0, limit: 10 });
  expect(first.through).toBeLessThan(10_502);
  expect(idsOf(first.events)).toEqual([rare[0].id]);
  const second = await store.streams.page({ types, after: first.through, limit: 10 });
  expect(second.through).toBe(10_502);
  expect(idsOf(second.events)).toEqual([rare[1].id]);
  expect(idsOf(await readLog(store, { types }))).toEqual(rare.map(({ id }) => id));
  // Whole pages of them are not passed over.
  expect(await store.streams.page({ types, after: 0, limit: 1 })).toMatchObject({ through: 1 });
  for (const [limit, count] of [
    [Infinity, 10_502],
    [0, 0],
    [-1, 0],
  ] as const)
    expect((await store.streams.page({ category: "order", after: 0, limit })).events).toHaveLength(count);
});

test("nothing sorts, nor reads more of the log than it looks for", async () => {
  const { database, prepared } = await recordingHandle();
  const store = await openStore({ database });
  await store.streams.append("order/1", 0, [event()]);
  await store.streams.append("order/1", 0, [event()]).catch(() => undefined);
  await readStream(store, "order/1");
  await readStream(store, "order/1", { backwards: true });
  for (const query of [{}, { category: "order" }, { types: ["a"] }, { category: "order", types: ["a"] }])
    await readLog(store, query);
  const statements = prepared.filter((sql) => /^(SELECT|DELETE).*mw_events/.test(sql));
  expect(statements).toHaveLength(9);
  for (const sql of statements) {
    const plan = planOf(database, sql);
    expect(plan.join("\n"), sql).toMatch(/^SEARCH mw_events/m);
    expect(plan.join("\n"), sql).not.toMatch(/TEMP B-TREE|SCAN mw_events/);
    if (sql.includes("category = ?"))
      expect(plan.join("\n")).toContain("mw_events_by_category (category=? AND rowid>? AND rowid<?)");
  }
});
