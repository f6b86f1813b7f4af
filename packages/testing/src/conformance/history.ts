import assert from "node:assert/strict";
import { type Broker, type HistoryReader, isHistoryReader, type WireMessage } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll } from "./member.js";
import { ids, idsOf, message, messages } from "./messages.js";
import { collect } from "./shelf.js";

/** A channel with messages that a group has not settled, so that no retention may take them. */
async function filled(
  env: ConformanceEnv,
  count: number,
): Promise<{ broker: Broker & HistoryReader; sent: WireMessage[] }> {
  const broker = await env.broker();
  assert.ok(isHistoryReader(broker));
  await env.group(broker, { group: "keeper" });
  const sent = messages(count);
  for (const one of sent) {
    await env.within("publish", broker.publish("orders", [one]));
    if (count < 20) await env.pass(15);
  }
  return { broker, sent };
}

export const history: Guarantee = {
  id: "history",
  promise: "history reads what a channel retains, from and to a place or a time, and touches no group",
  cases: [
    {
      id: "history/all",
      title: "from earliest it shows everything stored, in order, and ends",
      requires: ["replay"],
      async run(env) {
        const { broker, sent } = await filled(env, 250);
        const entries = await env.within(
          "history",
          collect(broker.history({ channel: "orders", from: "earliest" })),
        );
        assert.deepEqual(ids(entries), idsOf(sent));
        assert.equal(new Set(entries.map((entry) => entry.offset)).size, 250);
      },
    },
    {
      id: "history/bounds",
      title: "from is included and to is excluded, by offset and by time",
      requires: ["replay"],
      async run(env) {
        const { broker, sent } = await filled(env, 8);
        const read = (request: object): ReturnType<typeof collect<(typeof all)[number]>> =>
          env.within("history", collect(broker.history({ channel: "orders", from: "earliest", ...request })));
        const all = await env.within(
          "history",
          collect(broker.history({ channel: "orders", from: "earliest" })),
        );
        const at = (index: number): { readonly offset: string } => ({ offset: all[index]?.offset ?? "" });
        const when = (index: number): { readonly time: number } => ({ time: all[index]?.storedAt ?? 0 });
        assert.deepEqual(ids(await read({ from: at(2) })), idsOf(sent.slice(2)));
        assert.deepEqual(ids(await read({ from: at(2), to: at(5) })), idsOf(sent.slice(2, 5)));
        assert.deepEqual(ids(await read({ from: when(3) })), idsOf(sent.slice(3)));
        assert.deepEqual(ids(await read({ from: when(3), to: when(6) })), idsOf(sent.slice(3, 6)));
        assert.deepEqual(ids(await read({ from: at(4), to: at(4) })), []);
        assert.deepEqual(ids(await read({ from: { time: env.clock.now() + 60_000 } })), []);
      },
    },
    {
      id: "history/same-places",
      title: "offsets and times are those of the deliveries",
      requires: ["replay"],
      async run(env) {
        const broker = await env.broker();
        assert.ok(isHistoryReader(broker));
        await env.group(broker, { group: "keeper" });
        const member = await env.member(broker, {}, ackAll);
        const sent = messages(5);
        await env.within("publish", broker.publish("orders", sent));
        const delivered = await member.take(5);
        const entries = await env.within(
          "history",
          collect(broker.history({ channel: "orders", from: "earliest" })),
        );
        assert.deepEqual(
          entries.map((entry) => [entry.offset, entry.storedAt]),
          delivered.map((delivery) => [delivery.offset, delivery.storedAt]),
        );
      },
    },
    {
      id: "history/touches-no-group",
      title: "reading history moves no group and hides nothing from members",
      requires: ["replay"],
      async run(env) {
        const { broker, sent } = await filled(env, 10);
        await env.within("history", collect(broker.history({ channel: "orders", from: "earliest" })));
        const member = await env.member(broker, { group: "keeper" }, ackAll);
        const received = await member.take(10);
        assert.deepEqual(ids(received), idsOf(sent));
        assert.ok(received.every((one) => one.attempt === 1));
      },
    },
    {
      id: "history/ends-at-the-call",
      title: "it ends at what was stored when it was asked for, though publishing goes on",
      requires: ["replay"],
      async run(env) {
        const { broker, sent } = await filled(env, 100);
        const seen: string[] = [];
        const reading = (async () => {
          for await (const batch of broker.history({ channel: "orders", from: "earliest" })) {
            seen.push(...ids(batch));
            if (seen.length > 200) break;
            await broker.publish("orders", [message()]);
          }
        })();
        await env.within("history", reading);
        assert.deepEqual(seen.slice(0, 100), idsOf(sent));
        assert.ok(seen.length <= 101, `${seen.length - 100} later messages were shown`);
      },
    },
    {
      id: "history/left-early",
      title: "a reader may leave at any point, and an unknown channel has no history",
      requires: ["replay"],
      async run(env) {
        const { broker } = await filled(env, 30);
        for await (const batch of broker.history({ channel: "orders", from: "earliest" })) {
          assert.ok(batch.length > 0);
          break;
        }
        const none = collect(broker.history({ channel: "never-heard-of", from: "earliest" }));
        assert.deepEqual(await env.within("history", none), []);
      },
    },
  ],
};
