import assert from "node:assert/strict";
import type { MeshEvent } from "@meshwright/core";
import type { Transaction } from "@meshwright/core/adapter";
import type { StoreGuarantee } from "./case.js";
import { assertStoreRefuses } from "./env.js";
import {
  appendTo,
  caller,
  callers,
  event,
  events,
  headOf,
  idsIn,
  idsOfEvents,
  range,
  readLog,
  readStream,
  rollBack,
  transact,
} from "./stream-events.js";

const stream = "order/1";
const isNew = (version: number) => ({ version, repeated: false });
const isOld = (version: number) => ({ version, repeated: true });

export const s15: StoreGuarantee = {
  id: "S15",
  promise: "events that are in the stream already are answered as before, and are not written again",
  cases: [
    {
      id: "S15/again",
      title:
        "the same events again resolve with where they are, whatever version is expected, also when the stream has grown",
      async run(env) {
        const [one, two] = [await caller(env), await caller(env)];
        const sent = events(3);
        await appendTo(one, stream, 0, sent);
        for (const version of [0, 3, 100, "any"] as const)
          assert.deepEqual(await appendTo(two, stream, version, sent), isOld(3), `expecting ${version}`);
        assert.deepEqual(await appendTo(one, stream, 3, events(2)), isNew(5));
        for (const version of [0, 3, 5, 100, "any"] as const) {
          assert.deepEqual(await appendTo(two, stream, version, sent), isOld(3), `expecting ${version}`);
          assert.deepEqual(await appendTo(two, stream, version, sent.slice(0, 2)), isOld(2));
          assert.deepEqual(await appendTo(two, stream, version, sent.slice(1, 2)), isOld(2));
        }
        assert.equal((await readStream(one, stream)).length, 5, "something was written again");
        assert.equal(await headOf(one), 5);
      },
    },
    {
      id: "S15/some",
      title: "some of them only, another order, or one twice is refused, and nothing is written",
      async run(env) {
        const one = await caller(env);
        const [first, second, third] = events(3) as [MeshEvent, MeshEvent, MeshEvent];
        const other = event();
        await appendTo(one, stream, 0, [first, second, third]);
        const mixes = {
          "old, then new": [second, third, other],
          "new, then old": [other, first],
          "old, new, old": [first, other, second],
          "another order": [second, first],
          "one left out": [first, third],
          "an old one twice": [first, first],
          "a new one twice": [other, other],
        };
        for (const [what, list] of Object.entries(mixes))
          for (const version of [0, 3, "any"] as const) {
            const refused = appendTo(one, stream, version, list);
            await assertStoreRefuses(refused, `${what}, expecting ${version},`, "STREAM_EVENT_REPEATED");
          }
        const found = await readLog(one);
        assert.deepEqual(idsIn(found), idsOfEvents([first, second, third]), "something was written");
        assert.deepEqual(await appendTo(one, stream, 3, [other]), isNew(4));
      },
    },
    {
      id: "S15/others",
      title: "in another stream, or of another source, it is another one; type and data do not matter",
      async run(env) {
        const one = await caller(env);
        const sent = event({ source: "/shop", id: "1" });
        assert.deepEqual(await appendTo(one, stream, 0, [sent]), isNew(1));
        assert.deepEqual(await appendTo(one, "order/2", 0, [sent]), isNew(1));
        const others = [
          event({ source: "/shop1", id: "1" }),
          event({ source: "/shop", id: "11" }),
          event({ source: "/sho", id: "p1" }),
          event({ source: "/SHOP", id: "1" }),
        ];
        assert.deepEqual(await appendTo(one, stream, 1, others), isNew(5));
        const again = event({ source: "/shop", id: "1", type: "com.example.other.v1", data: 5 });
        assert.deepEqual(await appendTo(one, stream, 5, [again]), isOld(1));
      },
    },
    {
      id: "S15/at-the-same-time",
      title: "when several append the same at the same time it is written once, and all are told where",
      async run(env) {
        const among = await callers(env, 4);
        for (const round of range(1, 5)) {
          const sent = events(3);
          const answers = await Promise.all(
            among.map((own) =>
              transact(own, (tx) => own.store.streams.append(stream, "any", sent, { tx }), { retries: 100 }),
            ),
          );
          assert.deepEqual(
            answers.map(({ version }) => version),
            among.map(() => round * 3),
          );
          assert.equal(answers.filter(({ repeated }) => !repeated).length, 1, "not exactly one has written");
          assert.equal(await headOf(among[0] ?? (await caller(env))), round * 3);
        }
      },
    },
    {
      id: "S15/in-transactions",
      title: "a transaction knows its own; what was rolled back is new",
      async run(env) {
        const one = await caller(env);
        const sent = events(2);
        const twice = async (tx: Transaction) => [
          await one.store.streams.append(stream, 0, sent, { tx }),
          await one.store.streams.append(stream, 0, sent, { tx }),
        ];
        await rollBack(one, async (tx) => void (await twice(tx)));
        assert.deepEqual(await transact(one, twice), [isNew(2), isOld(2)]);
        assert.equal((await readStream(one, stream)).length, 2);
      },
    },
  ],
};
