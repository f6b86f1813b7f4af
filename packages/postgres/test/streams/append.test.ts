import type { PostgresStore } from "@meshwright/postgres";
import type { Pool } from "pg";
import { expect, test } from "vitest";
import { database, openStore, poolOn } from "../support.js";
import { all, event, events, gate, ids, isWaiting } from "./support.js";

interface World {
  readonly store: PostgresStore;
  readonly observer: Pool;
}

async function world(): Promise<World> {
  const url = await database();
  return { store: await openStore({ url }), observer: poolOn(url) };
}

/** Runs `second` while a transaction that did `first` is open, and commits that once `second` waits for it. */
async function behind<T>(
  { store, observer }: World,
  first: (
    store: PostgresStore,
    tx: Parameters<Parameters<PostgresStore["transaction"]>[0]>[0],
  ) => Promise<unknown>,
  second: () => Promise<T>,
): Promise<PromiseSettledResult<T>> {
  const [did, mayCommit] = [gate(), gate()];
  const holding = store.transaction(async (tx) => {
    await first(store, tx);
    did.open();
    await mayCommit.opened;
  });
  await did.opened;
  const waiting = Promise.allSettled([second()]);
  await isWaiting(observer, "mw_streams");
  mayCommit.open();
  await holding;
  const [outcome] = await waiting;
  return outcome;
}

test("who waited for another append compares with what that has left, of a new stream and of an old one", async () => {
  const here = await world();
  const { streams } = here.store;
  for (const [stream, version] of [
    ["new", 0],
    ["old", 3],
  ] as const) {
    if (version > 0) await streams.append(stream, 0, events(version));
    const lost = await behind(
      here,
      (_, tx) => streams.append(stream, version, events(2), { tx }),
      () => streams.append(stream, version, events(1)),
    );
    expect(lost).toMatchObject({
      status: "rejected",
      reason: {
        code: "STREAM_CONFLICT",
        message: expect.stringContaining(`version ${version + 2}, not ${version}`),
      },
    });
    const any = await behind(
      here,
      (_, tx) => streams.append(stream, version + 2, events(1), { tx }),
      () => streams.append(stream, "any", events(2)),
    );
    expect(any).toMatchObject({ value: { version: version + 5, repeated: false } });
    const found = await all(streams.read(stream));
    expect(found.map((one) => one.version)).toEqual(found.map((_, at) => at + 1));
  }
});

test("a version that only a transaction under way would make is not there: the append is refused and waits for nobody", async () => {
  const { store } = await world();
  const { streams } = store;
  await streams.append("s", 0, events(1));
  const [did, mayCommit] = [gate(), gate()];
  const holding = store.transaction(async (tx) => {
    await streams.append("s", 1, events(2), { tx });
    did.open();
    await mayCommit.opened;
  });
  await did.opened;
  await expect(streams.append("s", 3, events(1))).rejects.toMatchObject({ code: "STREAM_CONFLICT" });
  mayCommit.open();
  await holding;
  await streams.append("s", 3, events(1));
});

test("the same events at the same time are there once: alone the second one is told where, in a transaction it may try again", async () => {
  const here = await world();
  const { store, observer } = here;
  const twice = (stream: string, second: (sent: ReturnType<typeof events>) => Promise<unknown>) => {
    const sent = events(2);
    return behind(
      here,
      (_, tx) => store.streams.append(stream, "any", sent, { tx }),
      () => second(sent),
    );
  };
  const alone = await twice("a", (sent) => store.streams.append("a", "any", sent));
  expect(alone).toMatchObject({ value: { version: 2, repeated: true } });
  const within = await twice("b", (sent) =>
    store.transaction((tx) => store.streams.append("b", "any", sent, { tx })),
  );
  expect(within).toMatchObject({ reason: { code: "STORE_CONFLICT", retryable: true } });
  const again = await twice("c", (sent) =>
    store.transaction((tx) => store.streams.append("c", "any", sent, { tx }), { retries: 1 }),
  );
  expect(again).toMatchObject({ value: { version: 2, repeated: true } });
  const { rows } = await observer.query("SELECT stream, version::int FROM mw_streams ORDER BY stream");
  expect(rows).toEqual(["a", "b", "c"].map((stream) => ({ stream, version: 2 })));
  expect(await store.streams.head()).toBe(6);
});

test("many that append the same and other events to the same streams leave versions without gaps and each event once", async () => {
  const url = await database();
  const stores = await Promise.all(Array.from({ length: 4 }, () => openStore({ url })));
  const shared = events(40);
  const own = Array.from({ length: 32 }, () => events(10));
  const names = ["s", "t", "u"];
  await Promise.all(
    own.map(async (mine, writer) => {
      const store = stores[writer % stores.length] as PostgresStore;
      for (const [at, one] of mine.entries()) {
        const stream = names[(writer + at) % names.length] as string;
        const append = (sent: typeof mine) =>
          writer % 2 === 0
            ? store.streams.append(stream, "any", sent)
            : store.transaction((tx) => store.streams.append(stream, "any", sent, { tx }), { retries: 100 });
        await append([one]);
        const same = shared[(writer * 7 + at) % shared.length] as typeof one;
        const { version } = await append([same]);
        expect(ids(await all(store.streams.read(stream, { from: version, limit: 1 })))).toEqual([same.id]);
      }
    }),
  );
  const [store] = stores as [PostgresStore];
  for (const stream of names) {
    const found = await all(store.streams.read(stream));
    expect(found.map(({ version }) => version)).toEqual(found.map((_, at) => at + 1));
    expect(new Set(ids(found)).size).toBe(found.length);
    expect(ids(found)).toEqual(ids(await all(store.streams.readAll({ category: stream }))));
  }
  const log = await all(store.streams.readAll());
  expect(ids(log)).toEqual(expect.arrayContaining([...own.flat(), ...shared].map(({ id }) => id)));
});

test("an append in a transaction that does not know of it is refused, where it would wait for itself", async () => {
  const { store } = await world();
  const nested = store.transaction(async (tx) => {
    await store.streams.append("s", 0, events(1), { tx });
    await store.streams.append("s", "any", events(1));
  });
  await expect(nested).rejects.toMatchObject({ code: "STORE_NESTED" });
  expect(await all(store.streams.read("s"))).toEqual([]);
});

test("what names an event are its source and its id, not one after the other", async () => {
  const { store } = await world();
  const pairs = [
    ["/a", "b"],
    ["/a/", "b"],
    ["/ab", '","'],
    ['/ab","', ","],
    ["/", "ab"],
  ] as const;
  const sent = pairs.map(([source, id]) => event({ source: encodeURI(source), id }));
  expect(await store.streams.append("s", 0, sent)).toEqual({ version: sent.length, repeated: false });
  expect(await store.streams.append("s", "any", sent)).toEqual({ version: sent.length, repeated: true });
});
