import assert from "node:assert/strict";
import type { Delivery, StartPosition, WireMessage } from "@meshwright/core/adapter";
import type { ConformanceCase, Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll } from "./member.js";
import { assertRefused, ids, idsOf, message } from "./messages.js";

/** Six messages that a group of their own has seen, stored at different times. */
async function sixStored(env: ConformanceEnv): Promise<{ sent: WireMessage[]; seen: Delivery[] }> {
  const broker = await env.broker();
  const keeper = await env.member(broker, { group: "keeper" });
  const sent: WireMessage[] = [];
  for (let index = 0; index < 6; index++) {
    const one = message();
    sent.push(one);
    await env.within("publish", broker.publish("orders", [one]));
    await env.pass(15);
  }
  return { sent, seen: await keeper.take(6) };
}

/** A new group from there receives, of what was sent, just what is expected, in order. */
async function assertStart(
  env: ConformanceEnv,
  from: StartPosition,
  sent: readonly WireMessage[],
  expected: readonly WireMessage[],
): Promise<void> {
  const broker = await env.broker();
  const group = `from-${JSON.stringify(from)}`;
  const member = await env.member(broker, { from, group }, ackAll);
  const marker = message();
  await env.within("publish", broker.publish("orders", [marker]));
  await env.eventually("the marker arrives", () => ids(member.received).includes(marker.id));
  const known = new Set(idsOf(sent));
  assert.deepEqual(
    ids(member.received).filter((id) => known.has(id)),
    idsOf(expected),
  );
}

const refusals: readonly (readonly ["latest" | "earliest" | "time" | "offset", StartPosition])[] = [
  ["latest", "latest"],
  ["earliest", "earliest"],
  ["time", { time: 0 }],
  ["offset", { offset: "0" }],
];

export const startPositions: Guarantee = {
  id: "start",
  promise: "a new group begins where it is asked to, as far as the manifest goes",
  cases: [
    ...refusals.map(
      ([kind, from]): ConformanceCase => ({
        id: `start/${kind}-refused`,
        title: `without the start position ${kind}, asking for it is refused`,
        lacks: `from:${kind}`,
        async run(env) {
          const broker = await env.broker();
          const call = broker.subscribe(env.request(broker, { from }));
          await assertRefused(env.within("subscribe", call), `from ${kind}`);
        },
      }),
    ),
    {
      id: "start/time",
      title: "a group from a time receives what was stored at it or later",
      requires: ["from:time"],
      async run(env) {
        const { sent, seen } = await sixStored(env);
        const third = seen[2]?.storedAt ?? 0;
        await assertStart(env, { time: third }, sent, sent.slice(2));
        await assertStart(env, { time: third + 1 }, sent, sent.slice(3));
        await assertStart(env, { time: 0 }, sent, sent);
      },
    },
    {
      id: "start/offset",
      title: "a group from an offset receives the message there and what follows",
      requires: ["from:offset"],
      async run(env) {
        const { sent, seen } = await sixStored(env);
        await assertStart(env, { offset: seen[3]?.offset ?? "" }, sent, sent.slice(3));
        await assertStart(env, { offset: seen[0]?.offset ?? "" }, sent, sent);
      },
    },
    {
      id: "start/bad-offset",
      title: "an offset that is none is refused",
      requires: ["from:offset"],
      async run(env) {
        const broker = await env.broker();
        const call = broker.subscribe(env.request(broker, { from: { offset: "no such offset" } }));
        await assertRefused(env.within("subscribe", call), "a bad offset");
      },
    },
  ],
};
