import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertSameIds, ids, idsOf, keyedMessages, message, messages } from "./messages.js";

export const b15: Guarantee = {
  id: "B15",
  promise: "close under load: every publish and settle settles, and every iterable ends",
  cases: [
    {
      id: "B15/publishes",
      title:
        "publishes pending at close all settle; those that resolved are stored, those that rejected say why",
      async run(env) {
        const [publisher, consumer] = [await env.broker(), await env.broker()];
        const member = await env.member(consumer, {}, ackAll);
        const batches = Array.from({ length: 300 }, () => messages(2));
        const confirmed: string[] = [];
        const errors: (Error & { code?: unknown })[] = [];
        const pending = batches.map((batch) =>
          publisher.publish("orders", batch).then(
            () => void confirmed.push(...idsOf(batch)),
            (error: Error) => void errors.push(error),
          ),
        );
        const closing = publisher.close();
        await env.within("every publish", Promise.all(pending));
        await env.within("close", closing);
        for (const error of errors)
          assert.equal(
            typeof error.code,
            "string",
            `a publish rejected with no error of the library: ${error}`,
          );
        await env.eventually("what was confirmed arrives", () => {
          const seen = new Set(ids(member.received));
          return confirmed.every((id) => seen.has(id));
        });
      },
    },
    {
      id: "B15/settlements",
      title: "settlements pending at close all settle; those that resolved are recorded",
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const member = await env.member(one, { prefetch: 60 });
        const sent = keyedMessages(60, 60);
        await env.within("publish", one.publish("orders", sent));
        const held = await member.take(60);
        const settled: string[] = [];
        const pending = held.map((delivery) =>
          member.ack([delivery]).then(
            () => void settled.push(delivery.message.id),
            () => undefined,
          ),
        );
        member.expectEnd();
        const closing = one.close();
        await env.within("every settle", Promise.all(pending));
        await env.within("close", closing);
        const heir = await env.member(two, {}, ackAll);
        await heir.take(60 - settled.length);
        assertSameIds([...settled, ...ids(heir.received)], idsOf(sent), "recorded, or given back");
      },
    },
    {
      id: "B15/iterables",
      title: "every iterable ends, whether its member waits, holds all it may, or is at work",
      async run(env) {
        const broker = await env.broker();
        const waiting = await env.member(broker, { group: "waiting", channel: "empty" });
        const full = await env.member(broker, { group: "full", prefetch: 3 });
        const busy = await env.member(broker, { group: "busy", prefetch: 3 }, async (batch, member) => {
          await member.ack(batch).catch(() => undefined);
        });
        const load = keyedMessages(200, 200);
        await env.within("publish", broker.publish("orders", load));
        await full.take(3);
        await busy.take(3);
        for (const member of [waiting, full, busy]) member.expectEnd();
        await env.within("close", Promise.all([broker.close(), broker.close()]));
        await env.eventually("every iteration ends", () =>
          [waiting, full, busy].every((member) => member.ended),
        );
        await env.within("a second close", broker.close());
      },
    },
    {
      id: "B15/subscribing",
      title: "a subscribe that is pending at close settles, and what it made ends",
      async run(env) {
        const broker = await env.broker();
        // Those may fail while the broker closes, before anybody waits for the first.
        const pending = Promise.allSettled(
          Array.from({ length: 20 }, (_, index) =>
            broker.subscribe(env.request(broker, { group: `group-${index}` })),
          ),
        );
        await env.close(broker);
        for (const outcome of await env.within("every subscribe", pending)) {
          if (outcome.status === "rejected") continue;
          const step = outcome.value[Symbol.asyncIterator]().next();
          assert.equal((await env.within("next", step)).done, true, "a subscription outlived its broker");
        }
      },
    },
    {
      id: "B15/others-go-on",
      title: "closing one connection under load leaves another one of the same backend alone",
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const member = await env.member(two, {}, ackAll);
        const load = Array.from({ length: 50 }, () =>
          one.publish("orders", messages(4)).catch(() => undefined),
        );
        await env.close(one);
        await env.within("every publish", Promise.all(load));
        const sent = message();
        await env.within("publish", two.publish("orders", [sent]));
        await env.eventually("it arrives", () => ids(member.received).includes(sent.id));
      },
    },
  ],
};
