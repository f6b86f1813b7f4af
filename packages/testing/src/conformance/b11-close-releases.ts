import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertSameIds, attempts, ids, idsOf, keyedMessages, message, messages } from "./messages.js";

export const b11: Guarantee = {
  id: "B11",
  promise: "close gives back everything still held, at once and uncounted",
  cases: [
    {
      id: "B11/subscription-close",
      title: "what a closing member held goes to another at once, still as attempt 1",
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const leaving = await env.member(one, { prefetch: 30 });
        const sent = keyedMessages(30, 30);
        await env.within("publish", one.publish("orders", sent));
        const held = await leaving.take(30);
        await env.within("settle", leaving.ack(held.slice(0, 10)));
        await env.within("close", leaving.close());
        const heir = await env.member(two, {}, ackAll);
        const inherited = await heir.take(20);
        assertSameIds(ids(inherited), ids(held.slice(10)), "what was given back");
        assert.deepEqual([...new Set(attempts(inherited))], [1], "a lease that ran out would have counted");
      },
    },
    {
      id: "B11/waiting-member",
      title:
        "a member that is already waiting gets what another gives back, without a new message to wake it",
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const leaving = await env.member(one, { prefetch: 30 });
        const sent = messages(5);
        await env.within("publish", one.publish("orders", sent));
        await leaving.take(5);
        const heir = await env.member(two, {}, ackAll);
        await env.within("close", leaving.close());
        const inherited = await heir.take(5);
        assertSameIds(ids(inherited), idsOf(sent), "what was given back");
        assert.deepEqual([...new Set(attempts(inherited))], [1]);
      },
    },
    {
      id: "B11/broker-close",
      title: "closing the broker gives back what all its members held",
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const members = [await env.member(one, { prefetch: 4 }), await env.member(one, { prefetch: 4 })];
        const sent = keyedMessages(8, 8);
        await env.within("publish", two.publish("orders", sent));
        await env.eventually("both hold", () => members.every((member) => member.received.length === 4));
        await env.close(one);
        const heir = await env.member(two, {}, ackAll);
        const inherited = await heir.take(8);
        assertSameIds(ids(inherited), idsOf(sent), "what was given back");
        assert.deepEqual([...new Set(attempts(inherited))], [1]);
      },
    },
    {
      id: "B11/iteration-ends",
      title: "close ends the iteration, of an idle member and of a full one; a second close does nothing",
      async run(env) {
        const broker = await env.broker();
        const idle = await env.member(broker, { group: "idle", channel: "empty" });
        const full = await env.member(broker, { prefetch: 2 });
        await env.within("publish", broker.publish("orders", keyedMessages(5, 5)));
        await full.take(2);
        for (const member of [idle, full]) {
          await env.within("close", Promise.all([member.close(), member.close()]));
          await env.within("close", member.close());
          await env.eventually("the iteration ends", () => member.ended);
        }
      },
    },
    {
      id: "B11/settle-then-close",
      title: "settlements under way when a member closes are recorded if they resolve",
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const leaving = await env.member(one, { prefetch: 40 });
        const sent = keyedMessages(40, 40);
        await env.within("publish", one.publish("orders", sent));
        const held = await leaving.take(40);
        const acked: string[] = [];
        const acks = held.slice(0, 20).map((delivery) =>
          leaving.ack([delivery]).then(
            () => void acked.push(delivery.message.id),
            () => undefined,
          ),
        );
        await env.within("close", leaving.close());
        await env.within("settle", Promise.all(acks));
        const heir = await env.member(two, {}, ackAll);
        await heir.take(40 - acked.length);
        assertSameIds([...acked, ...ids(heir.received)], idsOf(sent), "settled, or given back");
        assert.ok(attempts(heir.received).every((attempt) => attempt === 1));
      },
    },
    {
      id: "B11/settle-after-close",
      title: "a settlement after close settles nothing",
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const leaving = await env.member(one);
        const sent = message();
        await env.within("publish", one.publish("orders", [sent]));
        const held = await leaving.one();
        await env.within("close", leaving.close());
        // Passed over and reported, or refused: both are right, as long as the message goes on.
        await env.within(
          "settle",
          leaving.ack([held]).catch(() => undefined),
        );
        const heir = await env.member(two, {}, ackAll);
        const inherited = await heir.one();
        assert.deepEqual([inherited.message.id, inherited.attempt], [sent.id, 1]);
      },
    },
  ],
};
