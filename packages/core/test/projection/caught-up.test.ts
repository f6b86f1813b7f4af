import { memoryBroker, memoryDatabase, projection } from "@meshwright/core";
import { expect, test } from "vitest";
import { eventually, makeMesh, manualClock } from "../mesh/support.js";
import {
  add,
  added,
  catalog,
  countMesh,
  counts,
  healthOf,
  numbersIn,
  openStore,
  running,
} from "./support.js";

test("caughtUp waits for what is committed at the call, or for a position, whoever does the work", async () => {
  const store = await openStore();
  await add(store, "count/a", 1, 2, 3);
  let isBroken = true;
  const touch = (n: number) => {
    if (n === 2 && isBroken) throw new Error("broken");
  };
  const clock = manualClock();
  const { mesh, handle } = await running(counts({ touch }), { store, clock });
  await handle.caughtUp(1);
  let isCaughtUp = false;
  const caughtUp = handle.caughtUp().then(() => {
    isCaughtUp = true;
  });
  await eventually("it stands", async () => (await healthOf(mesh)).state === "failing");
  expect(isCaughtUp).toBe(false);
  isBroken = false;
  clock.advance(100);
  await caughtUp;
  expect(await numbersIn(handle, "count/a")).toEqual([1, 2, 3]);
});

test("caughtUp and ready give up after their timeouts and when the mesh stops, and say what to do", async () => {
  const clock = manualClock();
  const touch = () => {
    throw new Error("broken");
  };
  const store = await openStore();
  await add(store, "count/a", 1);
  const { mesh, handle } = await running(counts({ touch }), { store, clock });
  const late = [handle.caughtUp(), handle.caughtUp(5, { timeout: "5s" }), handle.ready({ timeout: 5_000 })];
  const outcomes = Promise.allSettled(late);
  await eventually("it stands", async () => (await healthOf(mesh)).state === "failing");
  clock.advance(30_000);
  expect(await outcomes).toMatchObject(late.map(() => ({ reason: { code: "PROJECTION_BEHIND" } })));
  const waiting = Promise.allSettled([handle.caughtUp(), handle.ready()]);
  await mesh.stop();
  const stopped = { reason: { code: "PROJECTION_STOPPED" } };
  expect(await waiting).toMatchObject([stopped, stopped]);
  await expect(handle.caughtUp()).rejects.toMatchObject({ code: "PROJECTION_STOPPED" });
});

test("before start there is nothing to wait for", async () => {
  const { mesh } = countMesh();
  const handle = mesh.projection(counts());
  await expect(handle.caughtUp()).rejects.toMatchObject({ code: "MESH_NOT_RUNNING" });
  await expect(handle.ready()).rejects.toMatchObject({ code: "MESH_NOT_RUNNING" });
});

test("stop lets the event under way end, commits, and begins nothing else", async () => {
  const database = memoryDatabase();
  const store = await openStore(database);
  await add(store, "count/a", 1, 2, 3);
  let end: () => void = () => undefined;
  const begun: number[] = [];
  const touch = (n: number) => {
    begun.push(n);
    return n === 2 ? new Promise<void>((resolve) => (end = resolve)) : undefined;
  };
  const { mesh } = await running(counts({ touch }), { database });
  await eventually("it is at the second", () => begun.length === 2);
  const stopping = mesh.stop();
  end();
  await stopping;
  expect(begun).toEqual([1, 2]);
  expect(await store.documents.list("counts@1")).toEqual([{ key: "count/a", body: '{"numbers":[1,2]}' }]);
  const [health] = (await mesh.health()).projections;
  expect(health).toMatchObject({ name: "counts", state: "stopped" });
});

test("stop waits no longer than its timeout for a handler; what it did is rolled back", async () => {
  const database = memoryDatabase();
  const store = await openStore(database);
  await add(store, "count/a", 1, 2);
  const reasons: unknown[] = [];
  let begun = 0;
  const touch = (n: number, signal: AbortSignal) => {
    begun = n;
    if (n < 2) return undefined;
    return new Promise(() => signal.addEventListener("abort", () => reasons.push(signal.reason)));
  };
  const { mesh } = await running(counts({ touch }), { database });
  await eventually("it hangs", () => begun === 2);
  await mesh.stop({ timeout: 0 });
  expect(reasons).toMatchObject([{ code: "MESH_STOPPED" }]);
  expect(await store.documents.list("counts@1")).toEqual([]);
});

test("what cannot work is refused when it is registered", async () => {
  const { mesh } = countMesh();
  mesh.projection(counts());
  expect(() => mesh.projection(counts({ version: 2 }))).toThrow(
    expect.objectContaining({ code: "PROJECTION_DUPLICATE" }),
  );
  const without = makeMesh({ catalog, broker: memoryBroker() });
  expect(() => without.projection(counts() as never)).toThrow(
    expect.objectContaining({ code: "STORE_MISSING" }),
  );
  const on = { [added]: () => undefined };
  const unknown = projection("other", { version: 1, on: { "org.other": () => undefined } });
  expect(() => mesh.projection(unknown as never)).toThrow(
    expect.objectContaining({ code: "HANDLER_TYPE_UNKNOWN" }),
  );
  for (const wrong of [
    () => projection("", { version: 1, on }),
    () => projection("a/b", { version: 1, on }),
    () => projection("a", { version: 0, on }),
    () => projection("a", { version: 1.5, on }),
    () => projection("a", { version: 1, on: {} }),
    () => projection("a", { version: 1, on: { [added]: 7 as never } }),
    () => projection("a", { version: 1, on, setup: 7 as never }),
    () => projection("a", { version: 1, on, from: "stream" as never }),
    () => projection("a", { version: 1, on, from: { category: "" } }),
    () => projection("a", { version: 1, on, from: { category: "a", channel: "b" } as never }),
    () => projection("a", { version: 1, on, batchLimit: 0 }),
  ]) {
    expect(wrong).toThrow(expect.objectContaining({ code: "PROJECTION_INVALID" }));
  }
  await mesh.start();
  expect(() => mesh.projection(counts())).toThrow(expect.objectContaining({ code: "MESH_STARTED" }));
});
