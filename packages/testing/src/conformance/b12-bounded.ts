import assert from "node:assert/strict";
import type { Delivery } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll } from "./member.js";
import { ids, message } from "./messages.js";

/** A backlog of messages that all have keys of their own, so that no key holds another back. */
async function backlog(env: ConformanceEnv): Promise<number> {
  const broker = await env.broker();
  await env.group(broker);
  const count = env.backlog;
  for (let at = 0; at < count; at += 500) {
    const size = Math.min(500, count - at);
    const batch = Array.from({ length: size }, (_, index) => message({ key: `key-${at + index}` }));
    await env.within("publish", broker.publish("orders", batch));
  }
  return count;
}

export const b12: Guarantee = {
  id: "B12",
  promise: "a member holds at most prefetch messages, and nothing is buffered beyond, whatever the backlog",
  cases: [
    {
      id: "B12/prefetch",
      title: "a member that settles nothing is given prefetch messages; everything else goes to others",
      async run(env) {
        const count = await backlog(env);
        const full = await env.member(await env.broker(), { prefetch: 10 });
        await full.take(10);
        const rest = await env.member(await env.broker(), {}, ackAll);
        await rest.take(count - 10);
        assert.equal(full.received.length, 10);
        const all = new Set([...ids(full.received), ...ids(rest.received)]);
        assert.equal(all.size, count);
      },
    },
    {
      id: "B12/room-comes-back",
      title: "settling makes room for as many more, and never more than prefetch are held",
      async run(env) {
        await backlog(env);
        const member = await env.member(await env.broker(), { prefetch: 16 });
        let settled = 0;
        while (settled < 300) {
          await env.eventually("the member is full", () => member.received.length - settled === 16);
          const size = env.random.int(1, 16);
          const held = member.received.slice(settled, settled + size);
          await env.within("settle", member.ack(held));
          settled += size;
          assert.ok(member.received.length - settled <= 16, "more than prefetch were held");
        }
      },
    },
    {
      id: "B12/nothing-unasked",
      title: "a member that never iterates takes nothing away from others",
      async run(env) {
        const count = await backlog(env);
        const lazy = await env.broker();
        const subscription = await env.within("subscribe", lazy.subscribe(env.request(lazy)));
        const member = await env.member(await env.broker(), {}, ackAll);
        const received = await member.take(count);
        assert.ok(received.every((delivery) => delivery.attempt === 1));
        await env.within("close", subscription.close());
      },
    },
    {
      id: "B12/one-step",
      title: "a member that took one step and asks no more keeps at most prefetch from others",
      async run(env) {
        const count = await backlog(env);
        const slow = await env.broker();
        const subscription = await env.within(
          "subscribe",
          slow.subscribe(env.request(slow, { prefetch: 5 })),
        );
        const step = await env.within("next", subscription[Symbol.asyncIterator]().next());
        const batch = step.value as readonly Delivery[];
        assert.ok(batch.length >= 1 && batch.length <= 5, `a batch of ${batch.length} with prefetch 5`);
        const member = await env.member(await env.broker(), {}, ackAll);
        await member.take(count - 5);
        await env.within("close", subscription.close());
      },
    },
  ],
};
