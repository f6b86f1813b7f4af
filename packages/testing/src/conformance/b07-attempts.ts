import assert from "node:assert/strict";
import { type Failure, isDeadLetterShelf } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { failure, message } from "./messages.js";
import { shelf } from "./shelf.js";

export const b07: Guarantee = {
  id: "B7",
  promise: "attempts are counted by the broker, crashes included; only release is not counted",
  cases: [
    {
      id: "B7/retries-count",
      title: "every retry counts, whichever member gets the message, and brings the last failure with it",
      async run(env) {
        const brokers = [await env.broker(), await env.broker()];
        await env.group(brokers[0] as never);
        const sent = message();
        await env.within("publish", brokers[0]?.publish("orders", [sent]) as never);
        for (let attempt = 1; attempt <= 6; attempt++) {
          const member = await env.member(brokers[attempt % 2] as never);
          const delivery = await member.one();
          assert.equal(delivery.attempt, attempt);
          assert.deepEqual(delivery.lastFailure, attempt === 1 ? undefined : numbered(attempt - 1));
          await env.within("settle", member.retry(delivery, 0, numbered(attempt)));
          await env.within("close", member.close());
        }
      },
    },
    {
      id: "B7/crash-loop",
      title: "a message that kills every member that takes it is counted up by each death",
      needs: ["crash"],
      async run(env) {
        const broker = await env.broker();
        await env.group(broker);
        const poison = message();
        await env.within("publish", broker.publish("orders", [poison]));
        for (let attempt = 1; attempt <= 3; attempt++) {
          const victim = await env.mortal();
          const member = await env.member(victim);
          assert.equal((await member.one()).attempt, attempt);
          await env.crash(victim);
        }
        const member = await env.member(broker, {}, ackAll);
        assert.equal((await member.one()).attempt, 4);
      },
    },
    {
      id: "B7/crash-after-retry",
      title: "a death after a retry counts too, and the last failure is still what the retry said",
      needs: ["crash"],
      async run(env) {
        const broker = await env.broker();
        const first = await env.member(broker);
        await env.within("publish", broker.publish("orders", [message()]));
        await env.within("settle", first.retry(await first.one(), 0, numbered(1)));
        await first.one();
        await env.within("close", first.close());
        const victim = await env.mortal();
        const doomed = await env.member(victim);
        assert.equal((await doomed.one()).attempt, 2);
        await env.crash(victim);
        const heir = await env.member(broker, {}, ackAll);
        const again = await heir.one();
        assert.deepEqual([again.attempt, again.lastFailure], [3, numbered(1)]);
      },
    },
    {
      id: "B7/release-does-not-count",
      title: "release and close give a message back uncounted",
      async run(env) {
        const broker = await env.broker();
        const first = await env.member(broker);
        await env.within("publish", broker.publish("orders", [message()]));
        for (let round = 0; round < 4; round++) {
          const delivery = await first.one();
          assert.equal(delivery.attempt, 1);
          await env.within("settle", first.release([delivery]));
        }
        assert.equal((await first.one()).attempt, 1);
        await env.within("close", first.close());
        const second = await env.member(broker);
        const held = await second.one();
        assert.equal(held.attempt, 1);
        await env.within("settle", second.retry(held));
        const again = await second.one();
        assert.equal(again.attempt, 2);
        await env.within("settle", second.release([again]));
        assert.equal((await second.one()).attempt, 2);
      },
    },
    {
      id: "B7/each-group-its-own",
      title: "retries in one group leave the attempts of another alone",
      async run(env) {
        const broker = await env.broker();
        const [failing, fine] = [
          await env.member(broker, { group: "failing" }),
          await env.member(broker, { group: "fine" }),
        ];
        await env.within("publish", broker.publish("orders", [message()]));
        const theirs = await fine.one();
        for (let round = 0; round < 3; round++)
          await env.within("settle", failing.retry(await failing.one()));
        assert.equal((await failing.one()).attempt, 4);
        await env.within("settle", fine.release([theirs]));
        const again = await fine.one();
        assert.deepEqual([again.attempt, again.lastFailure], [1, undefined]);
      },
    },
    {
      id: "B7/dead-letter-has-the-count",
      title: "a dead letter carries the attempts, the cause, and its first and last time",
      requires: ["deadLetters"],
      async run(env) {
        const broker = await env.broker();
        assert.ok(isDeadLetterShelf(broker));
        const member = await env.member(broker);
        const sent = message();
        await env.within("publish", broker.publish("orders", [sent]));
        for (let round = 0; round < 2; round++) await env.within("settle", member.retry(await member.one()));
        const last = await member.one();
        await env.pass(20);
        const cause: Failure = {
          reason: "exhausted",
          code: "ATTEMPTS_EXHAUSTED",
          message: "3 attempts failed",
        };
        await env.within("settle", member.deadLetter([last], cause));
        const [record] = await shelf(env, broker, "billing", 1);
        assert.ok(record);
        assert.deepEqual(
          [record.message.id, record.attempts, record.failure, record.channel, record.group, record.offset],
          [sent.id, 3, cause, "orders", "billing", last.offset],
        );
        assert.ok(record.firstAt < record.lastAt, `first ${record.firstAt}, last ${record.lastAt}`);
      },
    },
  ],
};

function numbered(attempt: number): Failure {
  return { ...failure, code: `FAILED_${attempt}`, message: `failed the ${attempt}. time: "é" \n` };
}
