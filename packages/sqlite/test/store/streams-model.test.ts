/** Whatever is appended and read, in whatever order, a store answers as a list does. The store in memory as well. */
import { type MeshEvent, memoryStore } from "@meshwright/core";
import type { Store, Transaction } from "@meshwright/core/adapter";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFile } from "../support.js";
import { readLog, readStream } from "./stream-events.js";
import {
  type Answer,
  type Append,
  appended,
  type Log,
  logOf,
  type ReadLog,
  type ReadStream,
  streamOf,
} from "./streams-model.js";
import { context, handleOn, openStore } from "./support.js";

type Step =
  | { readonly do: "append"; readonly append: Append }
  | { readonly do: "transaction"; readonly appends: readonly Append[]; readonly commits: boolean }
  | { readonly do: "read"; readonly read: ReadStream }
  | { readonly do: "readAll"; readonly read: ReadLog };

const streams = ["a", "a/1", "a/2", "ab/1", "b/1"];
const types = ["x", "y", "z"];

function eventOf(ids: number): fc.Arbitrary<MeshEvent> {
  return fc
    .record({
      id: fc.nat({ max: ids }),
      source: fc.constantFrom("/s", "/t"),
      type: fc.constantFrom(...types),
    })
    .map(({ id, source, type }) => ({ specversion: "1.0", id: `${id}`, source, type, data: { id, type } }));
}

const append: fc.Arbitrary<Append> = fc.record({
  stream: fc.constantFrom(...streams),
  expected: fc.oneof(fc.constant("any" as const), fc.nat({ max: 6 })),
  events: fc.oneof(
    // Few names, so that the same events come again.
    { weight: 4, arbitrary: fc.array(eventOf(12), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.uniqueArray(eventOf(300), { maxLength: 40, selector: ({ id }) => id }) },
  ),
});

const some = fc.integer({ min: 0, max: 8 });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("append" as const), append }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("transaction" as const),
      appends: fc.array(append, { maxLength: 4 }),
      commits: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      read: fc.record(
        {
          stream: fc.constantFrom(...streams),
          from: fc.integer({ min: 1, max: 8 }),
          limit: some,
          backwards: fc.boolean(),
        },
        { requiredKeys: ["stream"] },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("readAll" as const),
      read: fc.record(
        {
          after: some,
          limit: some,
          category: fc.constantFrom("a", "ab", "b", "c"),
          types: fc.subarray(types),
        },
        { requiredKeys: [] },
      ),
    }),
  },
);

async function answerOf(
  store: Store,
  { stream, expected, events }: Append,
  tx?: Transaction,
): Promise<Answer> {
  const answer = store.streams.append(stream, expected, events, tx === undefined ? {} : { tx });
  return answer.catch((error: { readonly code: string }) => error.code);
}

/** Does a step on the store, compares, and returns the log after it. */
async function run(store: Store, log: Log, what: Step): Promise<Log> {
  if (what.do === "read") {
    const { stream, ...options } = what.read;
    expect(await readStream(store, stream, options)).toEqual(streamOf(log, what.read));
    return log;
  }
  if (what.do === "readAll") {
    expect(await readLog(store, what.read)).toEqual(logOf(log, what.read));
    return log;
  }
  if (what.do === "append") {
    const after = appended(log, what.append);
    expect(await answerOf(store, what.append)).toEqual(after.answer);
    return after.log;
  }
  let within = log;
  const work = store.transaction(async (tx) => {
    for (const one of what.appends) {
      const after = appended(within, one);
      expect(await answerOf(store, one, tx)).toEqual(after.answer);
      expect(await readStream(store, one.stream, { tx })).toEqual(streamOf(after.log, one));
      within = after.log;
    }
    const page = await store.streams.page({ after: 0, limit: 1_000, tx });
    expect(page).toEqual({ events: within, through: within.length });
    if (!what.commits) throw new RolledBack();
  });
  await work.catch((error: unknown) => {
    if (!(error instanceof RolledBack)) throw error;
  });
  return what.commits ? within : log;
}

class RolledBack extends Error {}

const stores: Readonly<Record<string, () => Promise<Store>>> = {
  "in a file": () => openStore({ path: temporaryFile() }),
  "on a handle": async () => openStore({ database: await handleOn(temporaryFile()) }),
  "without a database": async () => {
    const store = memoryStore();
    await store.open(context);
    onTestFinished(() => store.close());
    return store;
  },
};

describe.each(Object.entries(stores))("a store %s", (_, create) => {
  test("answers as a list does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const store = await create();
        let log: Log = [];
        for (const one of steps) log = await run(store, log, one);
        expect(await readLog(store)).toEqual(log);
        expect(await store.streams.head()).toBe(log.length);
        await store.close();
      }),
      { numRuns: 40 },
    );
  });
});
