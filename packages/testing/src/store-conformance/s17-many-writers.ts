import assert from "node:assert/strict";
import type { LogEvent } from "@meshwright/core";
import { assertSameIds } from "../conformance/messages.js";
import type { StoreCase } from "./case.js";
import type { StoreEnv } from "./env.js";
import {
  type Caller,
  callers,
  events,
  idsIn,
  idsOfEvents,
  range,
  readLog,
  readPage,
} from "./stream-events.js";

const [writers, transactions] = [12, 10];
const sharedStream = "shared/1";

/** What one transaction has committed. */
type Committed = readonly string[];

/** One transaction after another, to a stream of its own and one of all: some long, some rolled back. */
async function write(env: StoreEnv, { store }: Caller, writer: number): Promise<Committed[]> {
  const committed: Committed[] = [];
  for (const turn of range(1, transactions)) {
    const own = events(env.random.int(1, 3));
    const shared = env.random.chance(0.3) ? events(1) : [];
    const [long, failing] = [env.random.chance(0.2), env.random.chance(0.2)];
    const done = store.transaction(
      async (tx) => {
        await store.streams.append(`writer-${writer}/${turn % 2}`, "any", own, { tx });
        if (long) await env.pass(env.random.int(2, 15));
        if (shared.length > 0) await store.streams.append(sharedStream, "any", shared, { tx });
        if (failing) throw new Error("rolled back");
      },
      { retries: 100 },
    );
    await env.within("transaction", done).then(
      () => committed.push(idsOfEvents([...own, ...shared])),
      (error: unknown) => {
        if (!failing) throw error;
      },
    );
  }
  return committed;
}

/** Reads on from where it has come to, until told to stop and nothing is left. */
async function follow(own: Caller, isDone: () => boolean): Promise<LogEvent[]> {
  const found: LogEvent[] = [];
  for (let after = 0; ; ) {
    const done = isDone();
    const page = await readPage(own, { after, limit: 7 });
    found.push(...page.events);
    if (done && page.through === after) return found;
    if (page.through === after) await own.env.pass(1);
    after = page.through;
  }
}

function assertOrdered(found: readonly LogEvent[]): void {
  assert.deepEqual(
    found.map(({ position }) => position),
    range(1, found.length),
    "positions are not 1, 2, 3 and so on",
  );
  const versions = new Map<string, number>();
  for (const { stream, version } of found) {
    assert.equal(version, (versions.get(stream) ?? 0) + 1, `the versions of ${stream} are out of order`);
    versions.set(stream, version);
  }
}

/** Each transaction of a writer began when the one before it had committed. */
function assertCausal(found: readonly LogEvent[], byWriter: readonly (readonly Committed[])[]): void {
  const positions = new Map(found.map(({ position, event }) => [event.id, position]));
  for (const turns of byWriter) {
    let before = 0;
    for (const turn of turns) {
      const own = turn.map((id) => positions.get(id) ?? 0);
      assert.ok(
        Math.min(...own) > before,
        "a transaction stands before one that had committed when it began",
      );
      before = Math.max(...own);
    }
  }
}

export const manyWriters: StoreCase = {
  id: "S17/many-writers",
  title:
    "12 writers with long, short and rolled back transactions: who reads on all the time sees each event once, and the same as who reads later",
  async run(env) {
    const stores = await callers(env, 4);
    const readers = await callers(env, 2);
    let writing = true;
    const written = Promise.all(
      range(1, writers).map((writer) => write(env, stores[writer % stores.length] as Caller, writer)),
    ).finally(() => {
      writing = false;
    });
    const following = readers.map((own) => follow(own, () => !writing));
    const [byWriter, ...followed] = await Promise.all([written, ...following]);
    const later = await readLog(stores[0] as Caller);
    assertSameIds(idsIn(later), byWriter.flat(2), "the log");
    assertOrdered(later);
    assertCausal(later, byWriter);
    for (const found of followed) {
      assertSameIds(idsIn(found), idsIn(later), "what was seen by who read all the time");
      assert.deepEqual(found, later, "who read all the time has seen another order");
    }
  },
};
