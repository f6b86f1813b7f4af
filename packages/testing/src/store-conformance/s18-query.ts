import assert from "node:assert/strict";
import type { LogEvent, LogQuery, MeshEvent } from "@meshwright/core";
import type { StoreGuarantee } from "./case.js";
import {
  appendTo,
  type Caller,
  caller,
  event,
  events,
  headOf,
  idsIn,
  idsOfEvents,
  range,
  readLog,
  readPage,
} from "./stream-events.js";

const [wanted, unwanted] = ["com.example.wanted.v1", "com.example.unwanted.v1"];

/** Reads page by page, as one who comes back does, until told to stop and nothing is left. */
async function follow(own: Caller, query: LogQuery, limit: number, isDone = () => true): Promise<LogEvent[]> {
  const found: LogEvent[] = [];
  for (let after = 0; ; ) {
    const [done, head] = [isDone(), await headOf(own)];
    const page = await readPage(own, { ...query, after, limit });
    assert.ok(page.events.length <= limit, `${page.events.length} events came, of at most ${limit}`);
    assert.ok(page.through >= after, "it has looked back");
    for (const { position } of page.events)
      assert.ok(
        position > after && position <= page.through,
        `position ${position} is not behind ${after} and up to ${page.through}`,
      );
    found.push(...page.events);
    if (done && page.through >= head) return found;
    assert.ok(
      page.through > after || page.through >= head,
      `it does not come past ${after}, though ${head} is there`,
    );
    after = page.through;
    if (!done) await own.env.pass(1);
  }
}

export const s18: StoreGuarantee = {
  id: "S18",
  promise: "reading by category or types gives what is wanted of the log, in its order, and nothing else",
  cases: [
    {
      id: "S18/category",
      title: 'the category is what stands before the first "/", or the whole name; nothing else is like it',
      async run(env) {
        const one = await caller(env);
        const streams: Record<string, readonly string[]> = {
          order: ["order/1", "order", "order/a/b", "order/"],
          "": ["/order", "/"],
          orders: ["orders/1", "orders"],
          "order%": ["order%/1"],
          "%": ["%/1"],
          order_: ["order_"],
          Order: ["Order/1"],
          "order ": ["order /1"],
          "a/order": [],
          ord: [],
        };
        const sent = env.random
          .shuffle(Object.values(streams).flat())
          .map((name) => [name, event({ id: name })] as const);
        for (const [name, each] of sent) await appendTo(one, name, 0, [each]);
        for (const [category, names] of Object.entries(streams)) {
          const found = idsIn(await readLog(one, { category }));
          const expected = sent.map(([name]) => name).filter((name) => names.includes(name));
          assert.deepEqual(found, expected, `category "${category}"`);
        }
      },
    },
    {
      id: "S18/types",
      title:
        "types are whole names, each event comes once, and no types are none; with a category both count",
      async run(env) {
        const one = await caller(env);
        const types = ["com.example.a.v1", "com.example.a.v10", "com.example.A.v1", "com.example.b.v1", "%"];
        const sent = range(1, 40).map((at) => event({ type: types[at % 5] as string }));
        for (const [at, each] of sent.entries())
          await appendTo(one, ["order/1", "release/1", "order/2"][at % 3] as string, "any", [each]);
        const queries: readonly LogQuery[] = [
          { types: types.slice(0, 1) },
          { types: types.slice(0, 2) },
          { types: [types[3] as string, types[3] as string, types[0] as string] },
          { types: ["%"] },
          { types: ["com.example", "com.example.%", "com.example.a.v1 "] },
          { types: [] },
          { types: types.slice(0, 2), category: "order" },
          { types: types.slice(2), category: "release" },
          { types, category: "ord" },
        ];
        for (const query of queries) {
          const fits = (each: MeshEvent, at: number): boolean =>
            (query.types?.includes(each.type) ?? true) &&
            (query.category ?? (at % 3 === 1 ? "release" : "order")) === (at % 3 === 1 ? "release" : "order");
          assert.deepEqual(
            idsIn(await readLog(one, query)),
            idsOfEvents(sent.filter(fits)),
            JSON.stringify(query),
          );
        }
      },
    },
    {
      id: "S18/through",
      title:
        "who comes back with `through` misses nothing and is given nothing twice, also where long stretches do not fit",
      async run(env) {
        const one = await caller(env);
        const sent: { readonly stream: string; readonly event: MeshEvent }[] = [];
        for (const [at, count] of [3, 600, 1, 1, 2, 40, 5, 30].entries()) {
          const stream = at % 4 < 2 ? "order/1" : "release/1";
          const list = events(count, { type: at % 2 === 0 ? wanted : unwanted });
          sent.push(...list.map((each) => ({ stream, event: each })));
          await appendTo(one, stream, "any", list);
        }
        const fitting = sent.filter((each) => each.event.type === wanted);
        const orders = fitting.filter(({ stream }) => stream === "order/1");
        for (const limit of [1, 2, 5, 1_000]) {
          const found = await follow(one, { types: [wanted] }, limit);
          assert.deepEqual(idsIn(found), idsIn(fitting), `by type, ${limit} at a time`);
          const both = await follow(one, { types: [wanted], category: "order" }, limit);
          assert.deepEqual(idsIn(both), idsIn(orders), `by both, ${limit} at a time`);
          assert.deepEqual(await follow(one, { category: "none" }, limit), []);
        }
        const part = await readLog(one, { types: [wanted], after: 1, limit: 4 });
        assert.deepEqual(idsIn(part), idsIn(fitting.slice(1, 5)));
      },
    },
    {
      id: "S18/while-appending",
      title: "the same while others append what fits and what does not",
      async run(env) {
        const [reader, ...writers] = [await caller(env), await caller(env), await caller(env)];
        const write = async (own: Caller, writer: number): Promise<void> => {
          for (const turn of range(1, 60)) {
            const fits = (turn + writer) % 3 === 0;
            const name = fits || turn % 2 === 0 ? `order/${writer}` : `release/${writer}`;
            const list = events(1 + (turn % 2), { type: fits || turn % 2 === 1 ? wanted : unwanted });
            await appendTo(own, name, "any", list);
          }
        };
        let writing = true;
        const written = Promise.all(writers.map(write)).finally(() => {
          writing = false;
        });
        const query = { category: "order", types: [wanted] };
        const [found] = await Promise.all([follow(reader, query, 3, () => !writing), written]);
        const all = await readLog(reader);
        const expected = all.filter((each) => each.stream.startsWith("order/") && each.event.type === wanted);
        assert.ok(expected.length > 20);
        assert.deepEqual(found, expected);
      },
    },
  ],
};
