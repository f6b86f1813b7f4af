import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertRefused, message } from "./messages.js";

export const b18: Guarantee = {
  id: "B18",
  promise: "what exists and differs from what is asked for is refused, naming the difference",
  cases: [
    {
      id: "B18/ordering",
      title: "joining a group with another ordering is refused, again and again; the group goes on",
      requires: ["keyOrder"],
      async run(env) {
        for (const [existing, asked] of [
          ["key", "none"],
          ["none", "key"],
        ] as const) {
          const [one, two] = [await env.broker(), await env.broker()];
          const group = `group-${existing}`;
          const member = await env.member(one, { group, ordering: existing }, ackAll);
          for (let round = 0; round < 2; round++) {
            const call = two.subscribe(env.request(two, { group, ordering: asked }));
            const error = await assertRefused(
              env.within("subscribe", call),
              `joining ${existing} as ${asked}`,
            );
            assert.match(error.message, /order/i, "the error names the difference");
            assert.equal(error.name, "BrokerError");
          }
          const sent = message();
          await env.within("publish", one.publish("orders", [sent]));
          assert.equal((await member.one()).message.id, sent.id);
          const joined = await env.member(two, { group, ordering: existing }, ackAll);
          assert.equal(joined.ended, false);
        }
      },
    },
    {
      id: "B18/kept",
      title: "the ordering of a group is remembered when it has no members",
      requires: ["keyOrder"],
      async run(env) {
        const first = await env.broker();
        await env.group(first, { ordering: "key" });
        await env.close(first);
        const second = await env.broker();
        const call = second.subscribe(env.request(second, { ordering: "none" }));
        await assertRefused(env.within("subscribe", call), "another ordering");
        await env.group(second, { ordering: "key" });
      },
    },
    {
      id: "B18/incompatible",
      title: "a backend that the adapter cannot use makes open reject with the reason, at once and each time",
      needs: ["incompatible"],
      async run(env) {
        for (let round = 0; round < 2; round++) {
          const broker = await env.options.incompatible?.();
          assert.ok(broker);
          const context = {
            namespace: env.namespace,
            service: "conformance",
            clock: env.clock,
            logger: {
              debug: () => undefined,
              info: () => undefined,
              warn: () => undefined,
              error: () => undefined,
            },
            report: () => undefined,
          };
          await assertRefused(env.within("open", broker.open(context)), "an incompatible backend");
          await env.close(broker);
        }
      },
    },
  ],
};
