import assert from "node:assert/strict";
import { ConfigurationError, InvalidEventError } from "@meshwright/core";
import type { Store, StoreError, Transaction } from "@meshwright/core/adapter";
import { message } from "../conformance/messages.js";
import type { StoreCase, StoreGuarantee } from "./case.js";
import { append, assertStoreRefuses } from "./env.js";
import { appendsAtOnce } from "./s14-at-once.js";
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
const claim = { group: "billing", source: "/shop", id: "1" };

/** All that a transaction of a service does. */
async function everything(tx: Transaction, store: Store): Promise<void> {
  await append(tx, message());
  await tx.claim(claim);
  await tx.documents.write("orders", [{ key: "1", body: "{}" }]);
  await store.streams.append(stream, 0, events(2), { tx });
  await store.streams.append(stream, 2, events(1), { tx });
}

const versions: StoreCase = {
  id: "S14/versions",
  title: "versions are 1, 2, 3 and so on in each stream; an append says which the last one has",
  async run(env) {
    const [one, two] = [await caller(env), await caller(env)];
    const sent = events(4);
    const answers = [
      await appendTo(one, stream, 0, sent.slice(0, 2)),
      await appendTo(two, "order/2", "any", [event()]),
      await appendTo(two, stream, 2, sent.slice(2, 3)),
      await appendTo(one, stream, "any", sent.slice(3)),
      await appendTo(one, stream, 4, []),
      await appendTo(one, "order/3", 0, []),
    ];
    assert.deepEqual(
      answers,
      [2, 1, 3, 4, 4, 0].map((version) => ({ version, repeated: false })),
    );
    const found = await readStream(two, stream);
    assert.deepEqual(idsIn(found), idsOfEvents(sent));
    assert.deepEqual(
      found.map((one) => [one.stream, one.version]),
      range(1, 4).map((version) => [stream, version]),
    );
    assert.deepEqual(await readStream(two, "order/3"), []);
  },
};

const expected: StoreCase = {
  id: "S14/expected",
  title:
    "an append that expects another version is refused, retryable, says both versions and no data, and writes nothing",
  async run(env) {
    const one = await caller(env);
    const secret = events(2, { data: "secret-payload", subject: "secret-subject" });
    await appendTo(one, stream, 0, events(3));
    const cases: readonly (readonly [string, number, number])[] = [
      [stream, 0, 3],
      [stream, 2, 3],
      [stream, 4, 3],
      ["order/2", 1, 0],
    ];
    for (const [name, version, found] of cases)
      for (const list of [secret, []]) {
        const what = `an append to ${name} that expects ${version}`;
        const error = await assertStoreRefuses(appendTo(one, name, version, list), what, "STREAM_CONFLICT");
        assert.equal(error.retryable, true, what);
        for (const told of [`"${name}"`, String(version), String(found)])
          assert.ok(error.message.includes(told), `the message does not say ${told}: ${error.message}`);
        assert.ok(!error.message.includes("secret"), "the message has data in it");
      }
    assert.equal((await readLog(one)).length, 3, "a refused append has written something");
    assert.deepEqual(await appendTo(one, stream, 3, secret), { version: 5, repeated: false });
    assert.deepEqual(await appendTo(one, "order/2", 0, events(1)), { version: 1, repeated: false });
  },
};

const transaction: StoreCase = {
  id: "S14/transaction",
  title: "an append is there with the outbox row, claim and document of its transaction, or nothing is",
  async run(env) {
    const [one, two] = [await caller(env), await caller(env)];
    await rollBack(one, (tx) => everything(tx, one.store));
    assert.deepEqual(await readStream(two, stream), []);
    assert.deepEqual(await env.drain(two.store), []);
    assert.deepEqual([...(await two.store.documents.read("orders", ["1"]))], []);
    await transact(one, (tx) => everything(tx, one.store));
    assert.equal((await readStream(two, stream)).length, 3);
    assert.equal((await env.drain(two.store)).length, 1);
    assert.deepEqual([...(await two.store.documents.read("orders", ["1"]))], [["1", "{}"]]);
    assert.equal(await transact(two, (tx) => tx.claim(claim)), false);
  },
};

const caught: StoreCase = {
  id: "S14/caught",
  title: "work that catches a conflict goes on in its transaction, which commits",
  async run(env) {
    const one = await caller(env);
    await appendTo(one, stream, 0, events(1));
    const [sent, more] = [event(), event()];
    await transact(one, async (tx) => {
      await append(tx, message());
      const late = one.store.streams.append(stream, 0, [event()], { tx });
      await assertStoreRefuses(late, "an append that expects an old version", "STREAM_CONFLICT");
      await one.store.streams.append("order/2", 0, [sent], { tx });
      await one.store.streams.append(stream, 1, [more], { tx });
    });
    assert.deepEqual(idsIn(await readStream(one, "order/2")), [sent.id]);
    assert.deepEqual(idsIn(await readStream(one, stream)).slice(1), [more.id]);
    assert.equal((await env.drain(one.store)).length, 1);
  },
};

const rolledBack: StoreCase = {
  id: "S14/rolled-back",
  title: "what was rolled back was never there: it is appended again as new, at the same versions",
  async run(env) {
    const [one, two] = await callers(env, 2);
    assert.ok(one && two);
    const [first, ...sent] = events(4);
    assert.ok(first);
    await appendTo(one, stream, 0, [first]);
    await rollBack(one, async (tx) => {
      await one.store.streams.append(stream, 1, sent.slice(0, 1), { tx });
      await one.store.streams.append(stream, 2, sent.slice(1), { tx });
      await one.store.streams.append("order/2", 0, events(1), { tx });
    });
    assert.deepEqual(idsIn(await readStream(two, stream)), [first.id]);
    assert.deepEqual(await readStream(two, "order/2"), []);
    assert.deepEqual(await appendTo(two, stream, 1, sent), { version: 4, repeated: false });
    assert.deepEqual(idsIn(await readStream(one, stream)), [first.id, ...idsOfEvents(sent)]);
  },
};

const refused: StoreCase = {
  id: "S14/refused",
  title: "bad names, versions and events are refused, and nothing is written",
  async run(env) {
    const one = await caller(env);
    const names = ["", "x".repeat(513), "order/\u0000", "order\n", "order/\u0085", "order/\ud800", 5];
    for (const name of names as string[]) {
      const what = `the name ${JSON.stringify(name).slice(0, 30)}`;
      await assertStoreRefuses(appendTo(one, name, "any", events(1)), what, "STREAM_NAME_INVALID");
      await assertStoreRefuses(readStream(one, name), what, "STREAM_NAME_INVALID");
    }
    for (const version of [-1, 1.5, Number.NaN, 2 ** 60, "1", undefined] as number[])
      await assertStoreRefuses(
        appendTo(one, stream, version, events(1)),
        `the version ${version}`,
        "STREAM_VERSION_INVALID",
      );
    for (const bad of [event({ id: "" }), event({ source: "not a URI" }), event({ data: 1n })]) {
      const error = await refusalOf(appendTo(one, stream, 0, [event(), bad]));
      assert.ok(error instanceof InvalidEventError, `an invalid event: ${error}`);
    }
    assert.deepEqual(await readLog(one), []);
  },
};

const foreign: StoreCase = {
  id: "S14/foreign",
  title: "a transaction of another store is refused, and one that has ended",
  async run(env) {
    const [own, other] = [await caller(env), await caller(env)];
    const ended = await transact(other, async (tx) => {
      const calls = {
        append: own.store.streams.append(stream, 0, events(1), { tx }),
        read: readStream(own, stream, { tx }),
        page: own.store.streams.page({ after: 0, limit: 1, tx }),
      };
      for (const [what, error] of Object.entries(await refusalsOf(calls))) {
        assert.ok(error instanceof ConfigurationError, `${what} in a foreign transaction: ${error}`);
        assert.equal(error.code, "TX_FOREIGN");
      }
      return tx;
    });
    const late = {
      append: other.store.streams.append(stream, 0, events(1), { tx: ended }),
      read: readStream(other, stream, { tx: ended }),
      page: other.store.streams.page({ after: 0, limit: 1, tx: ended }),
    };
    for (const [what, error] of Object.entries(await refusalsOf(late)))
      assert.equal((error as StoreError | undefined)?.code, "STORE_TX_ENDED", `${what} after the end`);
    assert.equal(await headOf(own), 0);
  },
};

const names: StoreCase = {
  id: "S14/names",
  title: "odd and long names are names, each of a stream of its own",
  async run(env) {
    const one = await caller(env);
    const odd = ["a", "A", "a ", " a", "/", "//", "a/", "é", "e\u0301", "ß", "ss", "'", '"', "%", "_", "\\"];
    const long = ["x", "日", "\u{10ffff}"].map((letter) => letter.repeat(512 / letter.length));
    const all = [...odd, ...long, `a/${"日".repeat(510)}`, `a/${"日".repeat(509)}x`];
    for (const [at, name] of all.entries()) {
      assert.deepEqual(await appendTo(one, name, 0, [event({ id: `own-${at}` })]), {
        version: 1,
        repeated: false,
      });
    }
    for (const [at, name] of all.entries()) {
      const found = await readStream(one, name);
      assert.deepEqual([...idsIn(found), ...found.map((each) => each.stream)], [`own-${at}`, name]);
    }
  },
};

async function refusalsOf(
  calls: Readonly<Record<string, Promise<unknown>>>,
): Promise<Record<string, unknown>> {
  const refusals = Object.entries(calls).map(async ([what, call]) => [what, await refusalOf(call)] as const);
  return Object.fromEntries(await Promise.all(refusals));
}

function refusalOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

export const s14: StoreGuarantee = {
  id: "S14",
  promise:
    "versions are without gaps, and an append is there as a whole, at the version expected, or not at all",
  cases: [versions, expected, ...appendsAtOnce, transaction, caught, rolledBack, refused, foreign, names],
};
