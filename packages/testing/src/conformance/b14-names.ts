import assert from "node:assert/strict";
import { isDeadLetterShelf, isHistoryReader, isInspector } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertSameIds, ids, message } from "./messages.js";
import { collect, shelf } from "./shelf.js";

const long = "n".repeat(300);

/** Names that are easily cut, folded, escaped wrongly or taken for patterns. Each differs from every other. */
export const oddNames: readonly string[] = [
  "orders",
  "Orders",
  "orders ",
  " orders",
  "orders.eu",
  "orders_eu",
  "orders-eu",
  "orders:eu",
  "orders/eu",
  "orders/../eu",
  "orders*",
  "ordersX",
  "orders#",
  "orders>",
  "orders%",
  "%6frders",
  "o{r}ders",
  "orders'--",
  'orders"',
  "orders\\",
  "orders\neu",
  "bestellungen-für-é",
  "bestellungen-für-e\u0301",
  "注文",
  "🚚",
  "__proto__",
  "constructor",
  "0",
  "00",
  "null",
  `${long}a`,
  `${long}b`,
];

/** Two names that give the same text when they are joined by a separator. */
const joins: readonly (readonly [string, string])[][] = [
  ":",
  "/",
  ".",
  "-",
  "_",
  "|",
  "\u0000",
  "{}",
  " ",
].map((by) => [
  [`a${by}b`, "c"],
  ["a", `b${by}c`],
]);

export const b14: Guarantee = {
  id: "B14",
  promise: "channels, groups and namespaces do not leak into each other, whatever their names",
  cases: [
    {
      id: "B14/channels",
      title: "channels with odd names each carry their own messages",
      async run(env) {
        const broker = await env.broker();
        const members = await Promise.all(
          oddNames.map((channel, at) => env.member(broker, { channel, group: `group-${at}` }, ackAll)),
        );
        const sent = oddNames.map((channel) => message({ headers: { "x-channel": channel } }));
        for (const [at, channel] of oddNames.entries())
          await env.within("publish", broker.publish(channel, [sent[at] as never]));
        for (const [at, member] of members.entries()) {
          const marker = message();
          await env.within("publish", broker.publish(oddNames[at] ?? "", [marker]));
          await member.take(2);
          assert.deepEqual(ids(member.received), [sent[at]?.id, marker.id], `channel ${oddNames[at]}`);
        }
      },
    },
    {
      id: "B14/groups",
      title: "groups with odd names each have their own place",
      async run(env) {
        const broker = await env.broker();
        const members = await Promise.all(oddNames.map((group) => env.member(broker, { group })));
        const sent = message();
        await env.within("publish", broker.publish("orders", [sent]));
        for (const [at, member] of members.entries()) {
          const held = await member.one();
          assert.deepEqual([held.message.id, held.attempt], [sent.id, 1], `group ${oddNames[at]}`);
          await env.within("settle", member.ack([held]));
        }
      },
    },
    {
      id: "B14/namespaces",
      title: "the same channel and group in namespaces with odd names are strangers",
      async run(env) {
        const spaces = oddNames.map((name) => `${env.namespace}${name}`);
        const brokers = await Promise.all(spaces.map((namespace) => env.broker({ namespace })));
        const members = await Promise.all(
          brokers.map((broker, at) => env.member(broker, { group: `group-${at}` }, ackAll)),
        );
        const sent = brokers.map(() => [message(), message()]);
        for (const [at, broker] of brokers.entries())
          await env.within("publish", broker.publish("orders", sent[at] ?? []));
        for (const [at, member] of members.entries()) {
          await member.take(2);
          assertSameIds(
            ids(member.received),
            ids((sent[at] ?? []).map((one) => ({ message: one }))),
            spaces[at] ?? "",
          );
        }
      },
    },
    {
      id: "B14/joined-names",
      title: "names that would be equal once joined stay apart: namespace and channel, channel and group",
      async run(env) {
        for (const pair of joins) {
          const strangers = await Promise.all(
            pair.map(async ([space, channel]) => {
              const broker = await env.broker({ namespace: `${env.namespace}${space}` });
              return {
                broker,
                channel,
                member: await env.member(broker, { channel, group: `group-${channel}` }, ackAll),
              };
            }),
          );
          const broker = await env.broker();
          const groups = await Promise.all(
            pair.map(async ([channel, group]) => ({
              broker,
              channel,
              member: await env.member(broker, { channel, group }, ackAll),
            })),
          );
          for (const { broker: own, channel, member } of [...strangers, ...groups]) {
            const [sent, marker] = [message(), message()];
            await env.within("publish", own.publish(channel, [sent, marker]));
            await member.take(2);
            assert.deepEqual(ids(member.received), [sent.id, marker.id], JSON.stringify(pair));
          }
        }
      },
    },
    {
      id: "B14/shelves",
      title: "dead letters, history and reports of a namespace show nothing of another",
      requires: ["deadLetters"],
      async run(env) {
        const mine = await env.broker();
        const theirs = await env.broker({ namespace: `${env.namespace}-other` });
        assert.ok(isDeadLetterShelf(mine) && isDeadLetterShelf(theirs));
        const member = await env.member(mine);
        await env.within("publish", mine.publish("orders", [message()]));
        await env.within("settle", member.deadLetter([await member.one()]));
        const [record] = await shelf(env, mine, "billing", 1);
        const request = { group: "billing", ids: [record?.id ?? ""] };
        assert.equal(await env.within("redrive", theirs.redrive(request)), 0);
        assert.equal(await env.within("purge", theirs.purge(request)), 0);
        assert.deepEqual(await shelf(env, theirs, "billing", 0), []);
        if (isInspector(theirs)) assert.deepEqual(await env.within("inspect", theirs.inspect()), []);
        if (isHistoryReader(theirs)) {
          const history = collect(theirs.history({ channel: "orders", from: "earliest" }));
          assert.deepEqual(await env.within("history", history), []);
        }
      },
    },
  ],
};
