import assert from "node:assert/strict";
import type { Delivery, Settlement } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import {
  assertRefused,
  attempts,
  failure,
  ids,
  idsOf,
  keyedMessages,
  message,
  messages,
} from "./messages.js";
import { orderedLoad } from "./ordered-load.js";

/** Those before the failing one are done, those after it are given back with its retry, as the contract asks. */
function failOne(batch: readonly Delivery[], failing: number): Settlement[] {
  return batch.map((delivery, at): Settlement => {
    if (at < failing) return { delivery, outcome: "ack" };
    if (at > failing) return { delivery, outcome: "release" };
    return { delivery, outcome: "retry", delayMs: 0, failure };
  });
}

/** Longer than any deadline. */
const hour = 3_600_000;

export const b05: Guarantee = {
  id: "B5",
  promise: "messages of one key are handled in order, one after another; a waiting key delays no other",
  cases: [
    {
      id: "B5/refused",
      title: "without key order, asking for it is refused",
      lacks: "keyOrder",
      async run(env) {
        const broker = await env.broker();
        const request = env.request(broker, { ordering: "key" });
        await assertRefused(env.within("subscribe", broker.subscribe(request)), "ordering: key");
      },
    },
    {
      id: "B5/in-order",
      title: "one member gets each key's messages in the order of publishing",
      requires: ["keyOrder"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, { prefetch: 7 }, ackAll);
        const sent = keyedMessages(300, 9);
        for (let at = 0; at < 300; at += 20)
          await env.within("publish", broker.publish("orders", sent.slice(at, at + 20)));
        const received = await member.take(300);
        for (const key of new Set(sent.map((one) => one.key)))
          assert.deepEqual(
            ids(received.filter((one) => one.message.key === key)),
            idsOf(sent.filter((one) => one.key === key)),
          );
      },
    },
    {
      id: "B5/held-key-is-closed",
      title: "while one member holds a message of a key, no other member gets a later one of it",
      requires: ["keyOrder"],
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const holder = await env.member(one, { prefetch: 1 });
        const [first, second, other] = [message({ key: "a" }), message({ key: "a" }), message({ key: "b" })];
        await env.within("publish", one.publish("orders", [first]));
        const held = await holder.one();
        const rival = await env.member(two);
        await env.within("publish", one.publish("orders", [second, other]));
        assert.equal((await rival.one()).message.id, other.id);
        await env.pass(env.leaseMs / 2);
        assert.deepEqual(ids(rival.received), [other.id], "a later message of a held key was handed out");
        await env.within("settle", holder.ack([held]));
        await env.within("close", holder.close());
        assert.equal((await rival.one()).message.id, second.id);
      },
    },
    {
      id: "B5/retry-holds-its-key",
      title: "after a retry, the retried message comes before the later ones released with it",
      requires: ["keyOrder"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, { prefetch: 3 });
        const sent = messages(6);
        await env.within("publish", broker.publish("orders", sent));
        const [first, ...rest] = await member.take(3);
        assert.ok(first);
        const release = rest.map((delivery) => ({ delivery, outcome: "release" as const }));
        const retry = { delivery: first, outcome: "retry" as const, delayMs: 0, failure };
        await env.within("settle", member.settle([retry, ...release]));
        // A broker may hand out what follows only once the retried one is settled.
        const again: Delivery[] = [];
        for (let place = 0; place < 3; place++) {
          const next = await member.one();
          again.push(next);
          await env.within("settle", member.ack([next]));
        }
        assert.deepEqual(ids(again), idsOf(sent.slice(0, 3)));
        assert.deepEqual(attempts(again), [2, 1, 1]);
        assert.deepEqual(ids(await member.take(3)), idsOf(sent.slice(3)));
      },
    },
    {
      id: "B5/nothing-after-retry",
      title: "from the call of settle with a retry on, no later message of the key is yielded before it",
      requires: ["keyOrder"],
      async run(env) {
        const broker = await env.broker();
        for (let round = 0; round < 10; round++) {
          const request = { channel: `channel-${round}`, prefetch: 1 + round };
          const subscription = await env.within("subscribe", broker.subscribe(env.request(broker, request)));
          const sent = messages(40);
          await env.within("publish", broker.publish(request.channel, sent));
          // Step by step, so that nothing can have been yielded unseen before the call.
          const iterator = subscription[Symbol.asyncIterator]();
          const batch: readonly Delivery[] = (await env.within("next", iterator.next())).value;
          const failed = env.random.int(0, batch.length - 1);
          // Not awaited: the promise begins with the call.
          const settled = subscription.settle(failOne(batch, failed));
          const following: readonly Delivery[] = (await env.within("next", iterator.next())).value;
          await env.within("settle", settled);
          assert.equal(
            following[0]?.message.id,
            sent[failed]?.id,
            "a later message of the key was yielded between the retry and its redelivery",
          );
          await env.within("close", subscription.close());
        }
      },
    },
    {
      id: "B5/others-go-on",
      title: "a key that waits for a retry delays no other, however many of its messages come first",
      requires: ["keyOrder", "delayedRetry"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, { prefetch: 5 });
        const [blocked, others] = [messages(1_000, { key: "blocked" }), keyedMessages(20, 4)];
        await env.within("publish", broker.publish("orders", blocked.slice(0, 1)));
        const first = await member.one();
        await env.within("settle", member.retry(first, hour));
        await env.within("publish", broker.publish("orders", blocked.slice(1)));
        await env.within("publish", broker.publish("orders", others));
        for (let left = others.length; left > 0; left--)
          await env.within("settle", member.ack([await member.one()]));
        assert.deepEqual(new Set(ids(member.received.slice(1))), new Set(idsOf(others)));
      },
    },
    {
      id: "B5/delayed-retry-in-order",
      title: "a delayed retry comes before the later messages of its key",
      requires: ["keyOrder", "delayedRetry"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, { prefetch: 1 });
        const sent = messages(4);
        await env.within("publish", broker.publish("orders", sent));
        await env.within("settle", member.retry(await member.one(), 50));
        for (const expected of sent) {
          const delivery = await member.one();
          assert.equal(delivery.message.id, expected.id);
          await env.within("settle", member.ack([delivery]));
        }
      },
    },
    {
      id: "B5/dead-letter-opens-the-key",
      title: "after a dead letter the later messages of its key go on",
      requires: ["keyOrder", "deadLetters"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, { prefetch: 1 });
        const sent = messages(2);
        await env.within("publish", broker.publish("orders", sent));
        await env.within("settle", member.deadLetter([await member.one()]));
        assert.equal((await member.one()).message.id, sent[1]?.id);
      },
    },
    {
      id: "B5/release-keeps-order",
      title: "released messages of a key come again in their order, to whoever takes them",
      requires: ["keyOrder"],
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const first = await env.member(one, { prefetch: 3 });
        const sent = messages(5);
        await env.within("publish", one.publish("orders", sent));
        const held = await first.take(3);
        const second = await env.member(two, {}, ackAll);
        await env.within("close", first.close());
        assert.deepEqual(ids(held), idsOf(sent.slice(0, 3)));
        const received = await second.take(5);
        assert.deepEqual(ids(received), idsOf(sent));
        assert.deepEqual([...new Set(attempts(received))], [1]);
      },
    },
    {
      id: "B5/random-retries",
      title: "random retries over many keys and members that come and go: every key is handled in order",
      requires: ["keyOrder"],
      async run(env) {
        const load = orderedLoad(env, 12, 240);
        const brokers = [await env.broker(), await env.broker(), await env.broker()];
        const [first] = [await load.join(brokers[0] as never), await load.join(brokers[1] as never)];
        for (let at = 0; at < load.messages.length; at += 30)
          await env.within(
            "publish",
            brokers[2]?.publish("orders", load.messages.slice(at, at + 30)) as never,
          );
        await load.join(brokers[2] as never);
        await env.eventually("some are handled", () => first.received.length > 20);
        await load.finish();
      },
    },
    {
      id: "B5/busy-members",
      title: "members that ask for more while they handle and settle: every key is handled in order",
      requires: ["keyOrder"],
      async run(env) {
        const load = orderedLoad(env, 5, 600);
        const brokers = [await env.broker(), await env.broker(), await env.broker(), await env.broker()];
        const [one] = brokers;
        assert.ok(one);
        for (let at = 0; at < load.messages.length; at += 5) {
          // Each that joins takes its share from the others while they work.
          const joining = at % 120 === 0 ? brokers[at / 120] : undefined;
          if (joining) await load.joinBusy(joining);
          await env.within("publish", one.publish("orders", load.messages.slice(at, at + 5)));
        }
        await load.finish();
      },
    },
    {
      id: "B5/random-crashes",
      title: "random retries while members are killed and replaced: every key is handled in order",
      requires: ["keyOrder"],
      needs: ["crash"],
      async run(env) {
        const load = orderedLoad(env, 10, 200);
        const stable = await env.broker();
        await load.join(stable);
        await env.within("publish", stable.publish("orders", load.messages));
        for (let round = 0; round < 3; round++) {
          const victim = await env.mortal();
          const member = await load.join(victim);
          const wanted = env.random.int(1, 15);
          await env.eventually(
            "the victim is at work, or there is no more work",
            () => member.received.length >= wanted || load.done(),
          );
          await load.kill(victim, member);
        }
        await load.finish();
      },
    },
  ],
};
