import assert from "node:assert/strict";
import { type Broker, isDeadLetterShelf, isHistoryReader } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll } from "./member.js";
import { assertSameIds, ids, idsOf, keyedMessages, message, messages } from "./messages.js";
import { collect, shelf } from "./shelf.js";

function frugal(env: ConformanceEnv): Promise<Broker> {
  return env.broker({ create: () => env.options.retention?.create() as Broker });
}

async function enforce(env: ConformanceEnv, broker: Broker): Promise<void> {
  await env.options.retention?.enforce?.(broker);
}

/** Retention may work in the background: waits until it has removed something, where that can be seen. */
async function enforced(env: ConformanceEnv, broker: Broker, sent: number): Promise<void> {
  if (!isHistoryReader(broker)) return;
  await env.eventually("the hard limit removes something", async () => {
    const kept = await collect(broker.history({ channel: "orders", from: "earliest" }));
    return kept.length < sent;
  });
}

export const b17: Guarantee = {
  id: "B17",
  promise:
    "retention removes nothing that a group has not settled, unless a hard limit says so, and then it reports",
  cases: [
    {
      id: "B17/keeps-the-unread",
      title: "what a group without members has not read is kept, however much others have settled",
      needs: ["retention"],
      async run(env) {
        const broker = await frugal(env);
        await env.group(broker, { group: "slow" });
        const fast = await env.member(broker, { group: "fast" }, ackAll);
        const sent = keyedMessages(300, 10);
        for (let at = 0; at < 300; at += 50) {
          await env.within("publish", broker.publish("orders", sent.slice(at, at + 50)));
          await fast.take(50);
          await enforce(env, broker);
        }
        const slow = await env.member(broker, { group: "slow" }, ackAll);
        assertSameIds(ids(await slow.take(300)), idsOf(sent), "what the slow group had not read");
      },
    },
    {
      id: "B17/keeps-what-is-under-way",
      title: "what is held, waits for a retry, or is dead-lettered is kept",
      requires: ["delayedRetry", "deadLetters"],
      needs: ["retention"],
      async run(env) {
        const broker = await frugal(env);
        assert.ok(isDeadLetterShelf(broker));
        const member = await env.member(broker);
        const sent = [message({ key: "held" }), message({ key: "waits" }), message({ key: "dead" })];
        await env.within("publish", broker.publish("orders", sent));
        const deliveries = await member.take(3);
        const [held, waits, dead] = sent.map((one) =>
          deliveries.find((other) => other.message.id === one.id),
        );
        await env.within("settle", member.retry(waits as never, 200));
        await env.within("settle", member.deadLetter([dead as never]));
        for (let round = 0; round < 5; round++) {
          const filler = keyedMessages(40, 4);
          await env.within("publish", broker.publish("orders", filler));
          await env.eventually("the filler arrives", () => {
            const seen = new Set(ids(member.received));
            return filler.every((one) => seen.has(one.id));
          });
          const known = new Set(idsOf(filler));
          await env.within("settle", member.ack(member.received.filter((one) => known.has(one.message.id))));
          await enforce(env, broker);
        }
        await env.eventually("the retry comes", () =>
          member.received.some((one) => one.message.id === sent[1]?.id && one.attempt === 2),
        );
        await env.within("settle", member.release([held as never]));
        await env.eventually(
          "the released one comes",
          () => ids(member.received).filter((id) => id === sent[0]?.id).length === 2,
        );
        const [record] = await shelf(env, broker, "billing", 1);
        await env.within("redrive", broker.redrive({ group: "billing", ids: [record?.id ?? ""] }));
        await env.eventually(
          "the dead letter comes back",
          () => ids(member.received).filter((id) => id === sent[2]?.id).length === 2,
        );
      },
    },
    {
      id: "B17/gap-is-reported",
      title: "a hard limit that removes the unread is reported with channel and group; the rest arrives",
      needs: ["hardRetention"],
      async run(env) {
        const hard = env.options.retention?.hard;
        assert.ok(hard);
        const broker = await env.broker({ create: hard.create });
        await env.group(broker);
        const sent = messages(hard.messages * 4);
        for (let at = 0; at < sent.length; at += 50)
          await env.within("publish", broker.publish("orders", sent.slice(at, at + 50)));
        await enforce(env, broker);
        await enforced(env, broker, sent.length);
        const member = await env.member(broker, {}, ackAll);
        const last = sent.at(-1)?.id ?? "";
        await env.eventually("the newest arrives", () => ids(member.received).includes(last));
        const missing = sent.length - member.received.length;
        assert.ok(missing > 0, "the hard limit removed nothing: set it lower");
        const gaps = await env.eventually("the gap is reported", () => {
          const found = env.reports(broker).filter((report) => report.kind === "gap");
          return found.length > 0 && found;
        });
        for (const gap of gaps) assert.deepEqual([gap.channel, gap.group], ["orders", "billing"]);
        if (gaps.every((gap) => gap.missed !== undefined))
          assert.equal(
            gaps.reduce((sum, gap) => sum + (gap.missed ?? 0), 0),
            missing,
          );
      },
    },
    {
      id: "B17/no-gap-no-report",
      title: "a group that keeps up is told of no gap",
      needs: ["hardRetention"],
      async run(env) {
        const hard = env.options.retention?.hard;
        assert.ok(hard);
        const broker = await env.broker({ create: hard.create });
        const member = await env.member(broker, {}, ackAll);
        for (let round = 0; round < 2 * hard.messages; round++) {
          await env.within("publish", broker.publish("orders", [message()]));
          await member.one();
        }
        await enforce(env, broker);
        assert.deepEqual(
          env.reports(broker).filter((report) => report.kind === "gap"),
          [],
        );
      },
    },
  ],
};
