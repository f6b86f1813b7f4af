import assert from "node:assert/strict";
import { isConflict } from "@meshwright/core/adapter";
import type { StoreCase } from "./case.js";
import { assertStoreRefuses } from "./env.js";
import {
  appendTo,
  type Caller,
  callers,
  events,
  idsIn,
  idsOfEvents,
  range,
  readStream,
  transact,
} from "./stream-events.js";

const stream = "order/1";
const attempts = range(1, 20);

/** Several do it in turn. */
function shared(among: readonly Caller[], turn: number): Caller {
  return among[turn % among.length] as Caller;
}

export const appendsAtOnce: readonly StoreCase[] = [
  {
    id: "S14/one-wins",
    title: "of twenty appends at once that expect the same version one succeeds, the others conflict",
    async run(env) {
      const among = await callers(env, 4);
      for (const version of [0, 2]) {
        const sent = attempts.map(() => events(2));
        const outcomes = await Promise.allSettled(
          sent.map((list, at) => appendTo(shared(among, at), stream, version, list)),
        );
        const won = sent.filter((_, at) => outcomes[at]?.status === "fulfilled");
        assert.equal(won.length, 1, "not exactly one has succeeded");
        for (const outcome of outcomes)
          if (outcome.status === "rejected")
            await assertStoreRefuses(Promise.reject(outcome.reason), "a loser", "STREAM_CONFLICT");
        const found = await readStream(shared(among, 0), stream);
        assert.deepEqual(idsIn(found).slice(version), won.flatMap(idsOfEvents));
      }
    },
  },
  {
    id: "S14/one-wins-in-transactions",
    title: "the same where each is in a transaction that has begun before any append",
    concurrent: true,
    async run(env) {
      const among = await callers(env, 4);
      let began = 0;
      const work = (own: Caller) =>
        transact(own, async (tx) => {
          began += 1;
          await env.eventually("all have begun", () => began === among.length);
          await own.store.streams.append(stream, 0, events(1), { tx });
        });
      const outcomes = await Promise.allSettled(among.map(work));
      const errors = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      assert.equal(errors.length, among.length - 1, "not exactly one has succeeded");
      for (const error of errors) assert.ok(isConflict(error), `a loser was refused with ${error}`);
      assert.equal((await readStream(shared(among, 0), stream)).length, 1);
    },
  },
  {
    id: "S14/any",
    title: "twenty appends at once that expect no version are all there, each in one piece where it was said",
    async run(env) {
      const among = await callers(env, 4);
      const sent = attempts.map(() => events(3));
      const answers = await Promise.all(
        sent.map((list, at) => {
          const own = shared(among, at);
          const work = own.store.transaction((tx) => own.store.streams.append(stream, "any", list, { tx }), {
            retries: 100,
          });
          return env.within("append", work);
        }),
      );
      const found = await readStream(shared(among, 0), stream);
      assert.deepEqual(
        found.map(({ version }) => version),
        range(1, 60),
      );
      for (const [at, { version, repeated }] of answers.entries()) {
        assert.equal(repeated, false);
        assert.deepEqual(idsIn(found.slice(version - 3, version)), idsOfEvents(sent[at] ?? []));
      }
    },
  },
];
