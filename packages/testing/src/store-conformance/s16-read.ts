import assert from "node:assert/strict";
import type { MeshEvent } from "@meshwright/core";
import type { StoreGuarantee } from "./case.js";
import type { StoreEnv } from "./env.js";
import { edgeEvents, randomEvents } from "./odd-events.js";
import {
  appendTo,
  caller,
  event,
  events,
  idsIn,
  idsOfEvents,
  range,
  readLog,
  readStream,
  rollBack,
} from "./stream-events.js";

const stream = "order/1";

async function roundTrip(env: StoreEnv, sent: readonly MeshEvent[]): Promise<void> {
  const one = await caller(env);
  for (const [at, each] of sent.entries()) await appendTo(one, stream, at, [each]);
  await appendTo(one, "order/2", 0, sent);
  for (const name of [stream, "order/2"]) {
    const found = await readStream(one, name);
    for (const [at, each] of found.entries()) assertSameEvent(each.event, sent[at], `event ${at} of ${name}`);
    assert.equal(found.length, sent.length);
  }
  const found = (await readLog(one)).filter((each) => each.stream === "order/2");
  for (const [at, each] of found.entries()) assertSameEvent(each.event, sent[at], `event ${at} of the log`);
  assert.equal(found.length, sent.length);
}

/** What is undefined may be left out. */
function assertSameEvent(actual: MeshEvent, expected: MeshEvent | undefined, where: string): void {
  const given = Object.entries(expected ?? {}).filter(([, value]) => value !== undefined);
  const { data, ...attributes } = actual;
  const { data: wanted, ...others } = Object.fromEntries(given);
  assert.deepEqual(attributes, others, `${where}: the attributes differ`);
  assert.deepEqual(data, wanted, `${where}: the data differs`);
}

export const s16: StoreGuarantee = {
  id: "S16",
  promise: "what is read of a stream is what was appended, whole and in order",
  cases: [
    {
      id: "S16/edges",
      title: "all attributes, extensions, binary data, NUL, null and absent data, numbers, a mebibyte",
      run: (env) => roundTrip(env, edgeEvents()),
    },
    {
      id: "S16/random",
      title: "random events from all over Unicode and all bytes",
      run: (env) => roundTrip(env, randomEvents(env.random, 60)),
    },
    {
      id: "S16/stretch",
      title: "from a version on, so many, backwards, and more than a page of them",
      async run(env) {
        const one = await caller(env);
        const sent = events(700);
        for (let at = 0; at < sent.length; at += 100)
          await appendTo(one, stream, at, sent.slice(at, at + 100));
        const stretches: readonly (readonly [Parameters<typeof readStream>[2], readonly number[]])[] = [
          [{}, range(1, 700)],
          [{ from: 2, limit: 3 }, [2, 3, 4]],
          [{ from: 150 }, range(150, 700)],
          [{ from: 10, limit: 501 }, range(10, 510)],
          [{ from: 700 }, [700]],
          [{ from: 701 }, []],
          [{ limit: 0 }, []],
          [{ limit: 500 }, range(1, 500)],
          [{ backwards: true }, range(1, 700).reverse()],
          [{ backwards: true, limit: 3 }, [700, 699, 698]],
          [{ backwards: true, from: 10, limit: 3 }, [10, 9, 8]],
          [{ backwards: true, from: 2 }, [2, 1]],
          [{ backwards: true, from: 600, limit: 550 }, range(51, 600).reverse()],
          [{ backwards: true, from: 800, limit: 2 }, [700, 699]],
        ];
        for (const [options, expected] of stretches) {
          const found = await readStream(one, stream, options);
          const where = JSON.stringify(options);
          assert.deepEqual(
            found.map(({ version }) => version),
            expected,
            where,
          );
          const wanted = expected.map((version) => sent[version - 1] as MeshEvent);
          assert.deepEqual(idsIn(found), idsOfEvents(wanted), where);
        }
      },
    },
    {
      id: "S16/others",
      title: "nothing is read of a stream that is not there, nor of another whose name is like it",
      async run(env) {
        const one = await caller(env);
        const sent = event();
        await appendTo(one, "order/10", 0, events(2));
        await appendTo(one, "order/1", 0, [sent]);
        await appendTo(one, "Order/1", 0, events(2));
        await appendTo(one, "order/1 ", 0, events(2));
        assert.deepEqual(idsIn(await readStream(one, "order/1")), [sent.id]);
        for (const name of ["order", "order/", "order/2", "order/%", "order/_", "%"]) {
          assert.deepEqual(await readStream(one, name), [], name);
          assert.deepEqual(await readStream(one, name, { backwards: true }), [], name);
        }
      },
    },
    {
      id: "S16/in-a-transaction",
      title:
        "a transaction reads what it has appended itself; outside nothing of it is read before the commit",
      async run(env) {
        const [one, two] = [await caller(env), await caller(env)];
        const [before, own, more] = [event(), event(), event()];
        await appendTo(two, stream, 0, [before]);
        let outside: Promise<unknown[]> | undefined;
        await rollBack(one, async (tx) => {
          const { streams } = one.store;
          assert.deepEqual(idsIn(await readStream(one, stream, { tx })), [before.id]);
          await streams.append(stream, 1, [own], { tx });
          await streams.append("order/2", 0, [more], { tx });
          const found = await readStream(one, stream, { tx });
          assert.deepEqual(idsIn(found), idsOfEvents([before, own]));
          assert.deepEqual(idsIn(await readStream(one, stream, { tx, backwards: true, limit: 1 })), [own.id]);
          assert.deepEqual(idsIn(await readStream(one, "order/2", { tx })), [more.id]);
          // Where transactions run one after another it may have to wait for the end of this one.
          outside = Promise.all([readStream(two, stream), readStream(two, "order/2"), readLog(two)]);
          if (two.store.capabilities.concurrent) await outside;
        });
        const found = (await outside) as Awaited<ReturnType<typeof readStream>>[];
        assert.deepEqual(found.map(idsIn), [[before.id], [], [before.id]]);
      },
    },
  ],
};
