import { type MemoryRows, projection, type Store, type TransactionDocuments, typed } from "@meshwright/core";
import { expect, test } from "vitest";
import { manualClock } from "../mesh/support.js";
import {
  add,
  added,
  addedBefore,
  catalog,
  cleared,
  countMesh,
  counts,
  event,
  numbersIn,
  openStore,
  running,
  storeThrough,
} from "./support.js";

test("what is in the store before, and what comes after, is in the documents, in the order of the log", async () => {
  const { mesh, store } = countMesh({ store: await openStore() });
  const seen: [string, number, number][] = [];
  const handle = mesh.projection(
    projection("all", {
      catalog,
      version: 1,
      document: typed<number>(),
      on: {
        [added]: ({ data }, { stream, version, position, documents }) => {
          seen.push([stream, version, position]);
          return documents.update("sum", (sum = 0) => sum + data.n);
        },
      },
    }),
  );
  await add(store, "count/a", 1, 2);
  await store.streams.append("count/a", "any", [event(cleared)]);
  await add(store, "count/b", 3);
  await mesh.start();
  await handle.caughtUp();
  expect(await handle.documents.get("sum")).toBe(6);
  await add(store, "count/a", 4);
  await handle.caughtUp();
  expect(await handle.documents.get("sum")).toBe(10);
  expect(seen).toEqual([
    ["count/a", 1, 1],
    ["count/a", 2, 2],
    ["count/b", 1, 4],
    ["count/a", 4, 5],
  ]);
});

test("events of old versions are lifted, and of a category only its own come", async () => {
  const { mesh, store } = countMesh();
  const seen: unknown[] = [];
  const handle = mesh.projection(
    projection("some", {
      catalog,
      version: 1,
      from: { category: "count" },
      on: { [added]: ({ type, data }, { stream }) => void seen.push([type, data, stream]) },
    }),
  );
  await mesh.start();
  await store.streams.append("count/a", 0, [event(addedBefore, { by: 1 })]);
  await add(store, "counter/b", 2);
  await add(store, "count", 3);
  await handle.caughtUp();
  expect(seen).toEqual([
    [added, { n: 1 }, "count/a"],
    [added, { n: 3 }, "count"],
  ]);
});

test("own rows, documents and the checkpoint are one transaction; a batch reads and writes a document once", async () => {
  const inner = await openStore();
  const calls: string[] = [];
  const store = spied(inner, calls);
  const { mesh } = countMesh({ store });
  const handle = mesh.projection(
    projection("counts", {
      catalog,
      version: 1,
      document: typed<number>(),
      client: typed<MemoryRows>(),
      on: {
        [added]: async ({ data }, { documents, tx }) => {
          tx.client.set("last", data.n);
          await documents.update("sum", (sum = 0) => sum + data.n);
        },
      },
    }),
  );
  await add(inner, "count/a", ...Array.from({ length: 50 }, (_, n) => n));
  await mesh.start();
  await handle.caughtUp();
  expect(calls.filter((call) => call === "read")).toHaveLength(1);
  expect(calls.filter((call) => call.startsWith("write"))).toEqual(["write 1"]);
  expect(await handle.documents.get("sum")).toBe(1225);
  expect(await store.transaction(async ({ client }) => client.get("last"))).toBe(49);
  expect(await store.checkpoints("counts")).toMatchObject([
    { name: "counts", position: 1 },
    { name: "counts@1", position: 50 },
    { name: "counts@1/phase" },
  ]);
});

test("handlers see what they have written, as JSON, and other projections do not", async () => {
  const { mesh, store } = countMesh();
  const seen: unknown[] = [];
  const on = (name: string) =>
    projection(name, {
      catalog,
      version: 1,
      on: {
        [added]: async (_, { documents }) => {
          await documents.set("b", { at: new Date(0), none: undefined });
          await documents.set("a", name);
          seen.push(await documents.get("b"), (await documents.list({ prefix: "a" }))[0]);
          await documents.delete("b");
          await documents.delete("nothing");
          // Not awaited, so it may find what was there before; what is written counts.
          const reading = documents.get("c");
          await documents.set("c", "newer");
          await reading;
          seen.push(await documents.get("c"));
          await documents.delete("c");
          seen.push(await documents.get("b"), (await documents.list()).length);
        },
      },
    });
  const [one, two] = [mesh.projection(on("one")), mesh.projection(on("two"))];
  await mesh.start();
  await add(store, "count/a", 1);
  for (const handle of [one, two]) {
    await handle.caughtUp();
    expect(await handle.documents.list()).toEqual([{ key: "a", document: handle.name }]);
  }
  const ofOne = (name: string) => [
    { at: "1970-01-01T00:00:00.000Z" },
    { key: "a", document: name },
    "newer",
    undefined,
    1,
  ];
  expect(seen).toHaveLength(10);
  expect(seen).toEqual(expect.arrayContaining([...ofOne("one"), ...ofOne("two")]));
});

test("what is read of documents: in the order of keys, by prefix, after a key, so many", async () => {
  const { store, handle } = await running(counts());
  for (const stream of ["count/c", "count/a", "other", "count/b"]) await add(store, stream, 1);
  await handle.caughtUp();
  const page = await handle.documents.list({ prefix: "count/", after: "count/a", limit: 1 });
  expect(page).toEqual([{ key: "count/b", document: { numbers: [1] } }]);
  expect(await handle.documents.get("count/z")).toBeUndefined();
  expect(await numbersIn(handle, "count/c")).toEqual([1]);
});

test("a transaction takes so many events, and none after its time, but always one", async () => {
  const clock = manualClock();
  const inner = await openStore();
  await add(inner, "count/a", ...Array.from({ length: 40 }, (_, n) => n));
  const sizes: number[] = [];
  const store = storeThrough(inner, (work, run) => {
    sizes.push(0);
    return run(work);
  });
  const { mesh } = countMesh({ store, clock });
  const handle = mesh.projection(
    projection("counts", {
      catalog,
      version: 1,
      batchLimit: 10,
      batchTime: "100ms",
      on: {
        [added]: ({ data }) => {
          sizes.push((sizes.pop() ?? 0) + 1);
          // From the 20th on they are slow, and from the 30th on slower than a transaction may be.
          if (data.n >= 20) clock.advance(data.n >= 30 ? 150 : 40);
        },
      },
    }),
  );
  await mesh.start();
  await handle.caughtUp();
  const [fast, slow] = [sizes.slice(0, 2), sizes.slice(2)];
  expect(fast).toEqual([10, 10]);
  expect(slow.slice(0, 3)).toEqual([3, 3, 3]);
  expect(slow.slice(-9)).toEqual(Array.from({ length: 9 }, () => 1));
});

/** Tells which calls transactions make. */
function spied(inner: Store<MemoryRows>, calls: string[]): Store<MemoryRows> {
  return storeThrough(inner, (work, run) =>
    run((tx) => {
      const { read, write, list } = tx.documents;
      const documents: TransactionDocuments = {
        list,
        read(...args) {
          calls.push("read");
          return read(...args);
        },
        write(collection, changes) {
          calls.push(`write ${changes.length}`);
          return write(collection, changes);
        },
      };
      return work({ ...tx, documents });
    }),
  );
}
