import assert from "node:assert/strict";
import type { StoreCase, StoreGuarantee } from "./case.js";
import { manyWriters } from "./s17-many-writers.js";
import {
  appendTo,
  caller,
  event,
  events,
  headOf,
  idsIn,
  idsOfEvents,
  range,
  readLog,
  readPage,
  rollBack,
  transact,
} from "./stream-events.js";

const positions: StoreCase = {
  id: "S17/positions",
  title:
    "the events of all streams, of whatever store, have the positions 1, 2, 3 and so on as they committed",
  async run(env) {
    const [one, two] = [await caller(env), await caller(env)];
    assert.equal(await headOf(one), 0);
    assert.deepEqual(await readLog(one), []);
    assert.deepEqual(await readPage(one, { after: 0, limit: 10 }), { events: [], through: 0 });
    const sent = events(60);
    for (const [at, each] of sent.entries())
      await appendTo(at % 2 === 0 ? one : two, `${at % 3}/${at % 4}`, "any", [each]);
    for (const own of [one, two]) {
      const found = await readLog(own);
      assert.deepEqual(idsIn(found), idsOfEvents(sent));
      assert.deepEqual(
        found.map(({ position }) => position),
        range(1, 60),
      );
      assert.deepEqual(
        found.map(({ stream, version }) => [stream, version]),
        range(0, 59).map((at) => [`${at % 3}/${at % 4}`, Math.floor(at / 12) + 1]),
      );
      assert.equal(await headOf(own), 60);
    }
  },
};

const stretch: StoreCase = {
  id: "S17/stretch",
  title: "behind a position, so many, and more than a page of them",
  async run(env) {
    const one = await caller(env);
    for (const at of range(0, 6)) await appendTo(one, `order/${at}`, 0, events(100));
    const stretches: readonly (readonly [Parameters<typeof readLog>[1], number[]])[] = [
      [{}, range(1, 700)],
      [{ after: 20 }, range(21, 700)],
      [{ after: 20, limit: 550 }, range(21, 570)],
      [{ limit: 3 }, [1, 2, 3]],
      [{ limit: 0 }, []],
      [{ limit: 500 }, range(1, 500)],
      [{ after: 699 }, [700]],
      [{ after: 700 }, []],
    ];
    for (const [options, expected] of stretches)
      assert.deepEqual(
        (await readLog(one, options)).map(({ position }) => position),
        expected,
        JSON.stringify(options),
      );
    const page = await readPage(one, { after: 10, limit: 5 });
    assert.deepEqual(
      page.events.map(({ position }) => position),
      range(11, 15),
    );
    assert.equal(page.through, 15);
    assert.deepEqual(await readPage(one, { after: 700, limit: 5 }), { events: [], through: 700 });
    await transact(one, async (tx) =>
      assert.deepEqual(await readPage(one, { after: 10, limit: 5, tx }), page, "a page in a transaction"),
    );
  },
};

const lateCommit: StoreCase = {
  id: "S17/late-commit",
  title: "what was appended first and is committed last comes last, and reading does not wait for it",
  concurrent: true,
  async run(env) {
    const [one, two] = [await caller(env), await caller(env)];
    const [late, early, later] = [events(2), events(2), events(1)];
    let through = 0;
    await transact(one, async (tx) => {
      await one.store.streams.append("late", 0, late, { tx });
      await appendTo(two, "early", 0, early);
      const page = await readPage(two, { after: 0, limit: 10 });
      assert.deepEqual(idsIn(page.events), idsOfEvents(early));
      assert.equal(page.through, 2);
      assert.equal(await headOf(two), 2);
      await appendTo(two, "later", 0, later);
      through = page.through;
    });
    const page = await readPage(two, { after: through, limit: 10 });
    assert.deepEqual(new Set(idsIn(page.events)), new Set(idsOfEvents([...later, ...late])));
    const found = await readLog(one);
    assert.deepEqual(idsIn(found), [...idsOfEvents(early), ...idsIn(page.events)]);
    assert.deepEqual(
      found.map(({ position }) => position),
      range(1, 5),
    );
  },
};

const rolledBackReader: StoreCase = {
  id: "S17/reader-rolled-back",
  title:
    "what a transaction has read of the log stays where it was, also when that transaction is rolled back",
  concurrent: true,
  async run(env) {
    const [one, two, three] = [await caller(env), await caller(env), await caller(env)];
    const [late, early] = [event(), event()];
    let seen: unknown;
    await transact(one, async (tx) => {
      await one.store.streams.append("late", 0, [late], { tx });
      await appendTo(two, "early", 0, [early]);
      await rollBack(three, async (reading) => {
        const page = await readPage(three, { after: 0, limit: 10, tx: reading });
        seen = page.events;
      });
    });
    const [first, ...rest] = await readLog(two);
    assert.deepEqual(seen, [first], "it stands elsewhere now");
    assert.equal(first?.event.id, early.id);
    assert.deepEqual(idsIn(rest), [late.id]);
  },
};

const rolledBack: StoreCase = {
  id: "S17/rolled-back",
  title: "what was rolled back leaves no gap, and is not counted",
  async run(env) {
    const [one, two] = [await caller(env), await caller(env)];
    const sent = events(4);
    for (const [at, each] of sent.entries()) {
      await appendTo(at % 2 === 0 ? one : two, "order/1", at, [each]);
      await rollBack(one, async (tx) => {
        await one.store.streams.append("order/1", "any", events(3), { tx });
        await one.store.streams.append("order/2", 0, events(2), { tx });
      });
      assert.equal(await headOf(two), at + 1);
    }
    const found = await readLog(two);
    assert.deepEqual(idsIn(found), idsOfEvents(sent));
    assert.deepEqual(
      found.map(({ position }) => position),
      range(1, 4),
    );
  },
};

const watch: StoreCase = {
  id: "S17/watch",
  title: "who watches is told of an append, alone or in a transaction, until he watches no more",
  async run(env) {
    const one = await caller(env);
    const told = { watcher: 0, cancelled: 0 };
    const cancel = one.store.streams.watch(() => {
      told.cancelled += 1;
    });
    const unwatch = one.store.streams.watch(() => {
      told.watcher += 1;
    });
    await appendTo(one, "order/1", 0, events(1));
    await env.eventually("both are told of an append", () => told.watcher > 0 && told.cancelled > 0);
    cancel();
    const before = { ...told };
    await transact(one, (tx) => one.store.streams.append("order/1", 1, events(1), { tx }));
    await env.eventually("the watcher is told of a transaction", () => told.watcher > before.watcher);
    assert.equal(told.cancelled, before.cancelled, "who watches no more was told");
    unwatch();
  },
};

const watchElsewhere: StoreCase = {
  id: "S17/watch-another",
  title: "who watches is told of appends to another store on the same database",
  async run(env) {
    const [watching, other] = [await caller(env), await caller(env)];
    let told = 0;
    const unwatch = watching.store.streams.watch(() => {
      told += 1;
    });
    await appendTo(other, "order/1", 0, events(1));
    await env.eventually("the watcher is told", () => told > 0);
    unwatch();
  },
};

export const s17: StoreGuarantee = {
  id: "S17",
  promise:
    "the log has every committed event at one position, without gaps, and what was read of it stays so",
  cases: [positions, stretch, lateCommit, rolledBackReader, manyWriters, rolledBack, watch, watchElsewhere],
};
