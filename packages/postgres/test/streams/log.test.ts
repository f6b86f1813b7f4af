import type { LogEvent, LogQuery } from "@meshwright/core";
import type { PostgresStore } from "@meshwright/postgres";
import { eventually } from "@meshwright/testing";
import pg from "pg";
import { expect, test } from "vitest";
import { database, openStore, poolOn } from "../support.js";
import { all, event, events, gate, ids } from "./support.js";

const long = "x".repeat(5_000);

/** By pages of three, so that a page ends among what is wanted. */
async function paged({ streams }: PostgresStore, query: LogQuery): Promise<LogEvent[]> {
  const found: LogEvent[] = [];
  for (let after = 0; ; ) {
    const page = await streams.page({ ...query, after, limit: 3 });
    found.push(...page.events);
    if (page.through <= after) return found;
    after = page.through;
  }
}

test("long and odd types and categories are told apart, and one that no event can have finds none", async () => {
  const store = await openStore({ url: await database() });
  const types = ["a", "A", "a.b", "%", "é", "日", "😀", "\\", "'", '"', "{a,b}", long, `${long}y`];
  for (const [at, type] of types.entries()) {
    for (const category of ["order", "Order", "日".repeat(512)]) {
      const stream = category.length < 100 ? `${category}/${at % 2}` : category;
      await store.streams.append(stream, "any", [event({ type }), event({ type: "other" })]);
    }
  }
  const log = await all(store.streams.readAll());
  const wanted = (is: (one: LogEvent) => boolean): string[] => ids(log.filter(is));
  for (const type of types)
    expect(ids(await paged(store, { types: [type] }))).toEqual(wanted(({ event }) => event.type === type));
  const some = types.filter((_, at) => at % 3 === 0);
  const query = { types: [...some, ...some, "\0", "\ud800", "none"], category: "order" };
  expect(ids(await paged(store, query))).toEqual(
    wanted(({ event, stream }) => some.includes(event.type) && stream.startsWith("order/")),
  );
  for (const category of ["order", "Order", "日".repeat(512)])
    expect(ids(await paged(store, { category }))).toEqual(
      wanted(({ stream }) => stream === category || stream.startsWith(`${category}/`)),
    );
  for (const none of [{ category: "\0" }, { category: "\ud800" }, { category: "" }, { types: [] }])
    expect(await store.streams.page({ ...none, after: 0, limit: 10 })).toEqual({
      events: [],
      through: log.length,
    });
});

/** Appends in transactions that are all open, and ends them in the order given, each time numbering what is there. */
async function appendApart(store: PostgresStore, ends: readonly (readonly number[])[]): Promise<string[]> {
  const ended = ends.flat();
  const sent = ended.map(() => event());
  const gates = ended.map(() => gate());
  const open: Promise<unknown>[] = [];
  for (const [at, one] of sent.entries()) {
    const begun = gate();
    const work = store.transaction(async (tx) => {
      await store.streams.append(`apart/${one.id}`, 0, [one], { tx });
      begun.open();
      await gates[at]?.opened;
    });
    open.push(work);
    await begun.opened;
  }
  for (const together of ends) {
    for (const at of together) gates[at]?.open();
    await Promise.all(together.map((at) => open[at]));
    await store.streams.head();
  }
  return ends
    .flatMap((together) => [...together].sort((one, other) => one - other))
    .map((at) => sent[at]?.id ?? "");
}

test("what was committed in another order than appended, and with gaps, is read in the order of positions", async () => {
  const store = await openStore({ url: await database() });
  const expected: string[] = [];
  for (const ends of [
    [
      [0, 2],
      [1, 3],
    ],
    [[3], [2], [1], [0]],
    [[1, 2, 3], [0]],
    [[0, 1, 2, 3]],
    [[2, 0], [3], [1]],
  ]) {
    expected.push(...(await appendApart(store, ends)));
    await expect(
      store.transaction(async (tx) => {
        await store.streams.append("gone", "any", events(3), { tx });
        throw new Error("rolled back");
      }),
    ).rejects.toThrow("rolled back");
    const sent = events(4);
    await store.streams.append("whole", "any", sent);
    expected.push(...sent.map(({ id }) => id));
  }
  await store.streams.head();
  for (const limit of [1, 2, 3, 5, 8, 13, 100]) {
    const found: LogEvent[] = [];
    for (let after = 0; after < expected.length; ) {
      const page = await store.streams.page({ after, limit });
      found.push(...page.events);
      expect(page.through).toBe(Math.min(after + limit, expected.length));
      after = page.through;
    }
    expect(ids(found), `${limit} at a time`).toEqual(expected);
    expect(found.map(({ position }) => position)).toEqual(expected.map((_, at) => at + 1));
  }
});

test("an event that was removed by hand is missing, and nothing else is", async () => {
  const pool = poolOn(await database());
  const store = await openStore({ pool });
  const sent = events(12);
  await store.streams.append("s", 0, sent);
  expect(await store.streams.head()).toBe(12);
  await pool.query("DELETE FROM mw_events WHERE version IN (2, 3, 9)");
  const left = sent.filter((_, at) => ![1, 2, 8].includes(at)).map(({ id }) => id);
  for (const query of [{}, { category: "s" }, { types: ["test.v1"] }])
    expect(ids(await paged(store, query))).toEqual(left);
});

test("an event that is none any more is named, and what is before it is read", async () => {
  const pool = poolOn(await database());
  const store = await openStore({ pool });
  const sent = events(8);
  await store.streams.append("s", 0, sent);
  await store.streams.head();
  await pool.query("UPDATE mw_events SET event = '[' WHERE version = 4");
  const unreadable = {
    code: "STREAM_EVENT_UNREADABLE",
    message: expect.stringContaining('Version 4 of stream "s"'),
  };
  for (const read of [() => store.streams.read("s"), () => store.streams.readAll()]) {
    const seen: string[] = [];
    const reading = (async () => {
      for await (const one of read()) seen.push(one.event.id);
    })();
    await expect(reading).rejects.toMatchObject(unreadable);
    expect(seen).toEqual(sent.slice(0, 3).map(({ id }) => id));
  }
  const { events: before, through } = await store.streams.page({ after: 0, limit: 8 });
  expect([ids(before), through]).toEqual([sent.slice(0, 3).map(({ id }) => id), 3]);
  await expect(store.streams.page({ after: 3, limit: 8 })).rejects.toMatchObject(unreadable);
  expect(ids((await store.streams.page({ after: 4, limit: 8 })).events)).toEqual(
    sent.slice(4).map(({ id }) => id),
  );
});

test("numbers are numbers, whatever a service has told pg about them", async () => {
  const pool = poolOn(await database(), {
    types: {
      getTypeParser: ((oid: number, format?: "text") =>
        [pg.types.builtins.INT8, pg.types.builtins.NUMERIC, pg.types.builtins.TIMESTAMPTZ].includes(oid)
          ? () => -1n
          : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  });
  const store = await openStore({ pool });
  expect(await store.streams.append("s", 0, events(2))).toEqual({ version: 2, repeated: false });
  await expect(store.streams.append("s", 1, events(2))).rejects.toMatchObject({ code: "STREAM_CONFLICT" });
  const [, last] = await all(store.streams.readAll());
  expect(last).toMatchObject({ position: 2, version: 2 });
  await store.transaction(async (tx) => {
    expect(await tx.hold("c")).toBe(0);
    await tx.move("c", 2);
    expect(await tx.hold("c")).toBe(2);
  });
  const [checkpoint] = await store.checkpoints("c");
  expect(checkpoint).toMatchObject({ name: "c", position: 2 });
  expect(checkpoint?.movedAt).toBeGreaterThan(1e12);
});

test("who watches is told of appends, also of other stores, and may begin a transaction at once", async () => {
  const url = await database();
  const [store, other] = [await openStore({ url }), await openStore({ url })];
  const seen: unknown[] = [];
  let told = 0;
  store.streams.watch(() => {
    told += 1;
    store
      .transaction(async () => "begun")
      .then(
        (begun) => seen.push(begun),
        (error: unknown) => seen.push(error),
      );
  });
  await eventually("it listens", () => told > 0);
  for (const writer of [store, other]) {
    for (const write of [
      () => writer.streams.append("s", "any", events(1)),
      () => writer.transaction((tx) => writer.streams.append("s", "any", events(1), { tx })),
    ]) {
      const before = told;
      await write();
      await eventually("it is told", () => told > before);
    }
  }
  await eventually("its transactions are over", () => seen.length === told);
  expect(new Set(seen)).toEqual(new Set(["begun"]));
});
