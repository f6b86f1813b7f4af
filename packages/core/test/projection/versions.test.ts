import { type MemoryDatabase, type MemoryRows, memoryDatabase, type Transaction } from "@meshwright/core";
import { expect, test } from "vitest";
import { eventually, recordingLogger } from "../mesh/support.js";
import {
  add,
  type CountsOptions,
  countMesh,
  counts,
  healthOf,
  numbersIn,
  openStore,
  running,
} from "./support.js";

const stream = "count/a";

/** A version in a process of its own, as it were: what its hooks did and that was committed is in rows. */
async function version(of: number, database: MemoryDatabase, options: CountsOptions = {}) {
  const count = (name: string, { client }: Transaction<MemoryRows>): void =>
    client.set(`${name}@${of}`, Number(client.get(`${name}@${of}`) ?? 0) + 1);
  const hooks: CountsOptions = {
    setup: ({ tx }) => count("setup", tx),
    live: ({ tx }) => {
      count("live", tx);
      tx.client.set("view", of);
    },
  };
  const started = await running(counts({ ...hooks, ...options, version: of }), { database });
  return { ...started, health: () => healthOf(started.mesh) };
}

async function rowOf(database: MemoryDatabase, name: string): Promise<unknown> {
  const store = await openStore(database);
  return store.transaction(async ({ client }) => client.get(name));
}

test("a first version is live as soon as it is at the head, also of an empty log", async () => {
  const database = memoryDatabase();
  const { handle, health } = await version(3, database);
  await handle.ready();
  expect(await health()).toEqual({ name: "counts", version: 3, live: 3, state: "live", position: 0, lag: 0 });
  expect(await rowOf(database, "setup@3")).toBe(1);
  expect(await rowOf(database, "view")).toBe(3);
});

test("a new version is built beside the live one, switches at the head, and the old one is fed further", async () => {
  const database = memoryDatabase();
  const store = await openStore(database);
  await add(store, stream, 1, 2);
  const old = await version(1, database);
  await old.handle.ready();
  let isBroken = true;
  const touch = (n: number) => {
    if (n === 2 && isBroken) throw new Error("not yet");
  };
  const young = await version(2, database, { touch });
  await eventually("it stands", async () => (await young.health()).state === "failing");
  expect(await young.health()).toMatchObject({ live: 1, position: 1, lag: 1 });
  // Meanwhile the new code reads what the old code makes.
  await add(store, stream, 3);
  await young.handle.caughtUp();
  expect(await numbersIn(young.handle, stream)).toEqual([1, 2, 3]);
  expect(await rowOf(database, "view")).toBe(1);

  isBroken = false;
  await young.handle.ready();
  expect(await numbersIn(young.handle, stream)).toEqual([2, 4, 6]);
  expect(await rowOf(database, "view")).toBe(2);
  expect(await young.health()).toMatchObject({ live: 2, state: "live" });

  // The old code reads what it knows, and that goes on.
  await add(store, stream, 4);
  await old.handle.caughtUp();
  expect(await numbersIn(old.handle, stream)).toEqual([1, 2, 3, 4]);
  expect(await old.health()).toMatchObject({ version: 1, live: 2, state: "standby", lag: 0 });
  for (const name of ["setup@1", "setup@2", "live@1", "live@2"]) expect(await rowOf(database, name)).toBe(1);
});

test("a lower version does not take over, is built all the same, and begins once", async () => {
  const database = memoryDatabase();
  const store = await openStore(database);
  await add(store, stream, 1, 2);
  const young = await version(2, database);
  await young.handle.ready();
  const old = await version(1, database);
  await old.handle.ready();
  expect(await numbersIn(old.handle, stream)).toEqual([1, 2]);
  expect(await old.health()).toMatchObject({ live: 2, state: "standby" });
  await old.mesh.stop();
  const again = await version(1, database);
  expect(await numbersIn(again.handle, stream)).toEqual([1, 2]);
  expect(await rowOf(database, "setup@1")).toBe(1);
  expect(await rowOf(database, "live@1")).toBeUndefined();
});

test("goLive goes back to a lower version, until the higher one starts again", async () => {
  const database = memoryDatabase();
  const old = await version(1, database);
  await old.handle.ready();
  const young = await version(2, database);
  await young.handle.ready();
  await old.handle.goLive();
  expect(await rowOf(database, "view")).toBe(1);
  expect(await old.health()).toMatchObject({ live: 1, state: "live" });
  await add(young.store, stream, 1);
  await young.handle.caughtUp();
  expect(await young.health()).toMatchObject({ live: 1, state: "standby" });
  await old.handle.goLive();
  expect(await rowOf(database, "live@1")).toBe(2);
  await young.mesh.stop();
  const again = await version(2, database);
  await eventually("it is live again", async () => (await again.health()).state === "live");
  expect(await rowOf(database, "view")).toBe(2);
});

test("goLive refuses a version that has not caught up", async () => {
  const database = memoryDatabase();
  await add(await openStore(database), stream, 1);
  const touch = () => {
    throw new Error("broken");
  };
  const { handle, health } = await version(1, database, { touch });
  await eventually("it stands", async () => (await health()).state === "failing");
  await expect(handle.goLive()).rejects.toMatchObject({ code: "PROJECTION_NOT_READY" });
});

test("retire removes an old version for good, and neither the live one nor its own", async () => {
  const database = memoryDatabase();
  const store = await openStore(database);
  await add(store, stream, 1);
  await add(store, "count/b", 1);
  const old = await version(1, database);
  await old.handle.ready();
  const young = await version(2, database);
  await expect(young.handle.retire(2)).rejects.toMatchObject({ code: "PROJECTION_IN_USE" });
  await young.handle.ready();
  await expect(old.handle.retire(2)).rejects.toMatchObject({ code: "PROJECTION_IN_USE" });
  expect(await young.handle.retire(1)).toBe(2);
  expect(await store.documents.list("counts@1")).toEqual([]);
  expect(await young.handle.documents.list()).toHaveLength(2);

  // Who has it all the same stops, and is refused from then on.
  await add(store, stream, 2);
  await eventually("it has stopped", async () => (await old.health()).state === "stopped");
  await expect(old.handle.caughtUp()).rejects.toMatchObject({ code: "PROJECTION_STOPPED" });
  const { mesh } = countMesh({ database, logger: recordingLogger() });
  mesh.projection(counts({ version: 1 }));
  await expect(mesh.start()).rejects.toMatchObject({ code: "PROJECTION_RETIRED" });
});
