import assert from "node:assert/strict";
import type { Delivery } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import { ackAll, type Handle } from "./member.js";
import { assertSameIds, attempts, ids, idsOf, message } from "./messages.js";

export const b03: Guarantee = {
  id: "B3",
  promise: "one member at a time holds a message, however long its handler takes",
  cases: [
    {
      id: "B3/slow-handler",
      title: "what a live member holds for three leases is delivered to nobody else",
      async run(env) {
        const [slow, idle] = [await env.broker(), await env.broker()];
        const holder = await env.member(slow);
        const sent = Array.from({ length: 4 }, (_, index) => message({ key: `key-${index}` }));
        await env.within("publish", slow.publish("orders", sent));
        const held = await holder.take(4);
        const other = await env.member(idle);
        await env.pass(3 * env.leaseMs);
        assert.deepEqual(
          ids(other.received),
          [],
          "messages that a live member held were delivered elsewhere",
        );
        assert.equal(holder.received.length, 4, "messages were delivered again to the member that held them");
        await env.within("settle", holder.ack(held));
        await env.within("close", holder.close());
        const marker = message({ key: "key-0" });
        await env.within("publish", slow.publish("orders", [marker]));
        const next = await other.one();
        assert.deepEqual([next.message.id, next.attempt], [marker.id, 1]);
        assert.equal(
          env.reports(slow).some((one) => one.kind === "stale-settlement"),
          false,
        );
      },
    },
    {
      id: "B3/busy-and-slow",
      title: "a member that goes on handling others keeps what it holds for three leases",
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        let kept: Delivery | undefined;
        const keepFirst: Handle = async (batch, member) => {
          kept ??= batch[0];
          await member.ack(batch.filter((delivery) => delivery !== kept));
        };
        const holder = await env.member(one, { prefetch: 4 }, keepFirst);
        const first = message({ key: "slow" });
        await env.within("publish", one.publish("orders", [first]));
        await holder.one();
        const other = await env.member(two, { prefetch: 4 }, ackAll);
        for (let round = 0; round < 12; round++) {
          await env.within("publish", one.publish("orders", [message({ key: `quick-${round}` })]));
          await env.pass(env.leaseMs / 4);
        }
        assert.equal(ids(other.received).includes(first.id), false, "a held message went to another member");
        assert.equal(ids(holder.received).filter((id) => id === first.id).length, 1);
      },
    },
    {
      id: "B3/no-overlap",
      title: "several members under load: no message is held by two at once",
      async run(env) {
        const brokers = [await env.broker(), await env.broker(), await env.broker()];
        const held = new Set<string>();
        const overlaps: string[] = [];
        const holdAWhile: Handle = async (batch, member) => {
          for (const id of ids(batch)) {
            if (held.has(id)) overlaps.push(id);
            held.add(id);
          }
          await env.pass(env.random.int(1, 5));
          for (const id of ids(batch)) held.delete(id);
          await member.ack(batch);
        };
        const members = await Promise.all(
          brokers.map((broker) => env.member(broker, { prefetch: 7 }, holdAWhile)),
        );
        const sent = Array.from({ length: 200 }, (_, index) => message({ key: `key-${index % 20}` }));
        await env.within("publish", brokers[0]?.publish("orders", sent) ?? Promise.resolve());
        const all = (): Delivery[] => members.flatMap((member) => member.received);
        await env.eventually("all are handled", () => all().length >= sent.length && held.size === 0);
        assert.deepEqual(overlaps, []);
        assertSameIds(ids(all()), idsOf(sent), "each was handled once");
        assert.ok(attempts(all()).every((attempt) => attempt === 1));
      },
    },
  ],
};
