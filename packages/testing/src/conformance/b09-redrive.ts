import assert from "node:assert/strict";
import {
  type Broker,
  type DeadLetterShelf,
  isDeadLetterShelf,
  type WireMessage,
} from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll } from "./member.js";
import { assertSame, assertSameIds, attempts, ids, idsOf, message } from "./messages.js";
import { shelf } from "./shelf.js";

type Shelf = Broker & DeadLetterShelf;

async function shelfBroker(env: ConformanceEnv): Promise<Shelf> {
  const broker = await env.broker();
  assert.ok(isDeadLetterShelf(broker));
  return broker;
}

/** Publishes so many messages of different keys and lets the group give up on all of them. */
async function buried(
  env: ConformanceEnv,
  broker: Shelf,
  count: number,
  group = "billing",
): Promise<WireMessage[]> {
  const sent = Array.from({ length: count }, (_, index) => message({ key: `key-${index}` }));
  const member = await env.member(broker, { group, prefetch: count });
  await env.within("publish", broker.publish("orders", sent));
  await env.within("settle", member.retry(await member.one()));
  const rest = await member.take(count);
  for (const one of sent) {
    const held = rest.find((delivery) => delivery.message.id === one.id);
    assert.ok(held);
    await env.within("settle", member.deadLetter([held]));
  }
  await env.within("close", member.close());
  return sent;
}

export const b09: Guarantee = {
  id: "B9",
  promise: "redrive hands a dead letter back to its own group only, with attempts starting at 1",
  cases: [
    {
      id: "B9/own-group-only",
      title: "the group it failed in receives it as attempt 1; another group of the channel does not",
      requires: ["deadLetters"],
      async run(env) {
        const broker = await shelfBroker(env);
        const other = await env.member(broker, { group: "audit" }, ackAll);
        const sent = await buried(env, broker, 3);
        await other.take(3);
        const records = await shelf(env, broker, "billing", 3);
        assert.deepEqual(ids(records), idsOf(sent), "the shelf lists the oldest first");
        const redriven = broker.redrive({ group: "billing", ids: records.map((record) => record.id) });
        assert.equal(await env.within("redrive", redriven), 3);
        const member = await env.member(broker, {}, ackAll);
        const again = await member.take(3);
        assertSameIds(ids(again), idsOf(sent), "what was redriven");
        assert.deepEqual([...new Set(attempts(again))], [1]);
        for (const delivery of again)
          assertSame(
            delivery.message,
            sent.find((one) => one.id === delivery.message.id) as never,
            "redriven",
          );
        const markers = sent.map((one) => message({ key: one.key }));
        await env.within("publish", broker.publish("orders", markers));
        assertSameIds(ids(await other.take(3)), idsOf(markers), "the other group gets only what is new");
        assert.deepEqual(await shelf(env, broker, "billing", 0), []);
      },
    },
    {
      id: "B9/order-given",
      title: "messages of one key come back in the order of the ids given",
      requires: ["deadLetters", "keyOrder"],
      async run(env) {
        const broker = await shelfBroker(env);
        const first = await env.member(broker);
        const sent = [message(), message(), message()];
        await env.within("publish", broker.publish("orders", sent));
        await env.within("settle", first.deadLetter(await first.take(3)));
        await env.within("close", first.close());
        const records = await shelf(env, broker, "billing", 3);
        const wanted = [records[1], records[2], records[0]].map((record) => record?.id ?? "");
        await env.within("redrive", broker.redrive({ group: "billing", ids: wanted }));
        const member = await env.member(broker, {}, ackAll);
        assert.deepEqual(ids(await member.take(3)), [sent[1]?.id, sent[2]?.id, sent[0]?.id]);
      },
    },
    {
      id: "B9/some",
      title: "only the ids given are redriven; unknown ids are passed over",
      requires: ["deadLetters"],
      async run(env) {
        const broker = await shelfBroker(env);
        const sent = await buried(env, broker, 4);
        const records = await shelf(env, broker, "billing", 4);
        const chosen = records.filter((_, index) => index % 2 === 1);
        const request = { group: "billing", ids: ["no-such-id", ...chosen.map((record) => record.id)] };
        assert.equal(await env.within("redrive", broker.redrive(request)), 2);
        assert.equal(
          await env.within("redrive", broker.redrive(request)),
          0,
          "a second redrive of the same ids",
        );
        const foreign = broker.redrive({ group: "audit", ids: records.map((record) => record.id) });
        assert.equal(await env.within("redrive", foreign), 0, "a redrive through another group");
        const member = await env.member(broker, {}, ackAll);
        assertSameIds(ids(await member.take(2)), [sent[1]?.id ?? "", sent[3]?.id ?? ""], "the chosen ones");
        const left = await shelf(env, broker, "billing", 2);
        assert.deepEqual(ids(left), [sent[0]?.id, sent[2]?.id]);
      },
    },
    {
      id: "B9/purge",
      title: "purge removes the ids given for good, and counts them",
      requires: ["deadLetters"],
      async run(env) {
        const broker = await shelfBroker(env);
        const sent = await buried(env, broker, 3);
        const records = await shelf(env, broker, "billing", 3);
        const request = { group: "billing", ids: [records[0]?.id ?? "", records[2]?.id ?? "", "no-such-id"] };
        assert.equal(await env.within("purge", broker.purge(request)), 2);
        assert.equal(
          await env.within("redrive", broker.redrive(request)),
          0,
          "what was purged cannot be redriven",
        );
        assert.deepEqual(ids(await shelf(env, broker, "billing", 1)), [sent[1]?.id]);
      },
    },
    {
      id: "B9/twice-at-once",
      title: "two redrives of the same ids at once hand each message back once",
      requires: ["deadLetters"],
      async run(env) {
        const [one, two] = [await shelfBroker(env), await shelfBroker(env)];
        const sent = await buried(env, one, 30);
        const request = {
          group: "billing",
          ids: (await shelf(env, one, "billing", 30)).map((record) => record.id),
        };
        const counts = await env.within("redrive", Promise.all([one.redrive(request), two.redrive(request)]));
        assert.equal(counts[0] + counts[1], 30);
        const member = await env.member(one, { prefetch: 50 }, ackAll);
        await member.take(30);
        const marker = message();
        await env.within("publish", one.publish("orders", [marker]));
        await member.one();
        assertSameIds(ids(member.received), [...idsOf(sent), marker.id], "each once");
      },
    },
    {
      id: "B9/fails-again",
      title: "a redriven message that fails again counts from 1 and returns to the shelf once",
      requires: ["deadLetters"],
      async run(env) {
        const broker = await shelfBroker(env);
        const [sent] = await buried(env, broker, 1);
        const [record] = await shelf(env, broker, "billing", 1);
        await env.within("redrive", broker.redrive({ group: "billing", ids: [record?.id ?? ""] }));
        const member = await env.member(broker);
        await env.within("settle", member.retry(await member.one()));
        await env.within("settle", member.deadLetter([await member.one()]));
        const again = await shelf(env, broker, "billing", 1);
        assert.deepEqual([ids(again), again[0]?.attempts], [[sent?.id], 2]);
      },
    },
    {
      id: "B9/every-channel",
      title: "the shelf shows a group's dead letters of every channel, and redrive brings each to its own",
      requires: ["deadLetters"],
      async run(env) {
        const broker = await shelfBroker(env);
        const channels = ["orders", "deliveries"];
        for (const channel of channels) {
          const member = await env.member(broker, { channel });
          await env.within("publish", broker.publish(channel, [message({ id: `of-${channel}` })]));
          await env.within("settle", member.deadLetter([await member.one()]));
          await env.within("close", member.close());
        }
        const records = await shelf(env, broker, "billing", 2);
        assert.deepEqual(records.map((record) => record.channel).sort(), [...channels].sort());
        await env.within(
          "redrive",
          broker.redrive({ group: "billing", ids: records.map((record) => record.id) }),
        );
        for (const channel of channels) {
          const member = await env.member(broker, { channel }, ackAll);
          assert.equal((await member.one()).message.id, `of-${channel}`);
        }
      },
    },
    {
      id: "B9/killed-midway",
      title: "a redrive whose process is killed leaves every record on the shelf or in the group",
      requires: ["deadLetters"],
      needs: ["crash"],
      async run(env) {
        const broker = await shelfBroker(env);
        const victim = await env.mortal();
        assert.ok(isDeadLetterShelf(victim));
        const sent = await buried(env, broker, 60);
        const records = await shelf(env, broker, "billing", 60);
        let settled = 0;
        const note = (): void => {
          settled++;
        };
        for (let at = 0; at < 60; at += 6)
          victim
            .redrive({ group: "billing", ids: records.slice(at, at + 6).map((record) => record.id) })
            .then(note, note);
        await env.eventually("a redrive ends", () => settled > 0);
        await env.crash(victim);
        const member = await env.member(broker, {}, ackAll);
        await env.eventually("every record is on the shelf or back", async () => {
          const kept = ids(await shelf(env, broker, "billing", 0));
          const found = new Set([...kept, ...ids(member.received)]);
          return sent.every((one) => found.has(one.id));
        });
      },
    },
  ],
};
