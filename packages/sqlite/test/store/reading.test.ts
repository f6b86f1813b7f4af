/** Reading outside of transactions: what is seen, and what is waited for. */
import type { Store } from "@meshwright/core/adapter";
import type { SqliteStoreOptions } from "@meshwright/sqlite";
import { describe, expect, test } from "vitest";
import { temporaryFile } from "../support.js";
import { event, readLog, readStream } from "./stream-events.js";
import { deferred, handleOn, openStore } from "./support.js";

type Reads = Readonly<Record<string, () => Promise<unknown>>>;

/** Each way to read of a store. */
function readsOf(store: Store): Reads {
  return {
    stream: () => readStream(store, "order/1"),
    log: () => readLog(store),
    head: () => store.streams.head(),
    documents: async () => [...(await store.documents.read("orders", ["1"]))],
    list: () => store.documents.list("orders"),
    checkpoints: () => store.checkpoints(""),
  };
}

async function seen(reads: Reads): Promise<unknown[]> {
  return Promise.all(Object.values(reads).map((read) => read()));
}

const nothing = [[], [], 0, [], [], []];

/** A transaction that leaves something for each of them, and goes on as long as it is told to. */
function leave(store: Store, meanwhile: () => Promise<unknown>): Promise<void> {
  return store.transaction(async (tx) => {
    await store.streams.append("order/1", 0, [event()], { tx });
    await tx.documents.write("orders", [{ key: "1", body: "1" }]);
    await tx.hold("totals");
    await tx.move("totals", 1);
    await meanwhile();
  });
}

test("a store with a file of its own reads while its transactions are open, also inside of one, what is committed", async () => {
  const store = await openStore({ path: temporaryFile() });
  const reads = readsOf(store);
  const [began, goOn] = [deferred(), deferred()];
  const done = leave(store, async () => {
    expect(await seen(reads)).toEqual(nothing);
    began.resolve();
    await goOn.promise;
  });
  await began.promise;
  expect(await seen(reads)).toEqual(nothing);
  goOn.resolve();
  await done;
  for (const [at, value] of (await seen(reads)).entries()) expect(value).not.toEqual(nothing[at]);
});

const oneHandle: Readonly<Record<string, () => Promise<SqliteStoreOptions>>> = {
  "in memory": async () => ({ path: ":memory:" }),
  "on a handle of the caller": async () => ({ database: await handleOn(temporaryFile()) }),
};

describe.each(Object.entries(oneHandle))("a store %s", (_, options) => {
  test("reads before the next transaction when one is open, and is refused inside of it", async () => {
    const store = await openStore(await options());
    const reads = readsOf(store);
    const [began, goOn] = [deferred(), deferred()];
    const done = leave(store, async () => {
      for (const [what, read] of Object.entries(reads))
        await expect(read(), what).rejects.toMatchObject({ code: "STORE_NESTED" });
      began.resolve();
      await goOn.promise;
      throw new Error("rolled back");
    });
    await began.promise;
    const next = leave(store, async () => undefined);
    const found = seen(reads);
    goOn.resolve();
    await expect(done).rejects.toThrow("rolled back");
    expect(await found).toEqual(nothing);
    await next;
    expect(await seen(reads)).not.toEqual(nothing);
  });

  test("reads in what a transaction has left behind, as it does elsewhere", async () => {
    const store = await openStore(await options());
    const goOn = deferred();
    let late: Promise<unknown> | undefined;
    await leave(store, async () => {
      late = goOn.promise.then(() => store.streams.head());
    });
    const next = store.transaction(async () => goOn.resolve());
    expect(await late).toBe(1);
    await next;
  });
});

test("a store on a handle of the caller reads inside of a transaction on another handle", async () => {
  const path = temporaryFile();
  const own = await handleOn(path);
  own.exec("PRAGMA journal_mode = WAL");
  const [one, two] = [await openStore({ path }), await openStore({ database: own })];
  await leave(one, async () => expect(await seen(readsOf(two))).toEqual(nothing));
  expect(await two.streams.head()).toBe(1);
});

test("two stores on one handle do not see what the other has not committed", async () => {
  const database = await handleOn(temporaryFile());
  const [one, two] = [await openStore({ database }), await openStore({ database })];
  const began = deferred();
  const done = leave(one, async () => {
    await expect(two.streams.head()).rejects.toMatchObject({ code: "STORE_NESTED" });
    began.resolve();
    throw new Error("rolled back");
  });
  await began.promise;
  expect(await two.streams.head()).toBe(0);
  await expect(done).rejects.toThrow("rolled back");
});

test("closing waits for what is being read, and refuses what comes after", async () => {
  const store = await openStore({ path: temporaryFile() });
  await store.streams.append("order/1", 0, [event()]);
  const page = store.streams.page({ after: 0, limit: 1 });
  const closing = store.close();
  expect((await page).events).toHaveLength(1);
  for (const read of Object.values(readsOf(store)))
    await expect(read()).rejects.toMatchObject({ code: "STORE_CLOSED" });
  await closing;
});
