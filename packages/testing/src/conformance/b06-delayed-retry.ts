import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertRefused, failure, message } from "./messages.js";

/** Longer than any deadline. */
const hour = 3_600_000;

export const b06: Guarantee = {
  id: "B6",
  promise: "a delayed retry is kept by the broker and survives the member that asked for it",
  cases: [
    {
      id: "B6/refused",
      title: "without delayed retries, a retry with a delay is refused, and the message stays held",
      lacks: "delayedRetry",
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker);
        await env.within("publish", broker.publish("orders", [message()]));
        const held = await member.one();
        await assertRefused(env.within("settle", member.retry(held, 60_000)), "a retry with a delay");
        await env.within("settle", member.ack([held]));
      },
    },
    {
      id: "B6/not-before-its-time",
      title: "a delayed retry comes when its delay is over, not before",
      requires: ["delayedRetry"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker);
        await env.within("publish", broker.publish("orders", [message()]));
        const held = await member.one();
        const asked = env.clock.now();
        await env.within("settle", member.retry(held, 400));
        const again = await member.one();
        // Another machine's clock may round to its own tick.
        assert.ok(env.clock.now() - asked >= 380, `it came after ${env.clock.now() - asked} ms of 400`);
        assert.deepEqual([again.message.id, again.attempt], [held.message.id, 2]);
      },
    },
    {
      id: "B6/each-its-own-delay",
      title: "a short delay asked for after a long one does not wait behind it",
      requires: ["delayedRetry"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker);
        const [long, short] = [message({ key: "long" }), message({ key: "short" })];
        await env.within("publish", broker.publish("orders", [long]));
        await env.within("settle", member.retry(await member.one(), hour));
        await env.within("publish", broker.publish("orders", [short]));
        await env.within("settle", member.retry(await member.one(), 50));
        assert.equal((await member.one()).message.id, short.id);
      },
    },
    {
      id: "B6/asker-leaves",
      title: "the member that asked closes: another receives the message as the next attempt",
      requires: ["delayedRetry"],
      async run(env) {
        const [one, two] = [await env.broker(), await env.broker()];
        const asker = await env.member(one);
        await env.within("publish", one.publish("orders", [message()]));
        const held = await asker.one();
        await env.within("settle", asker.retry(held, 200));
        await env.close(one);
        const heir = await env.member(two, {}, ackAll);
        const again = await heir.one();
        assert.deepEqual([again.message.id, again.attempt, again.lastFailure], [held.message.id, 2, failure]);
      },
    },
    {
      id: "B6/asker-dies",
      title: "the process that asked is killed: another receives the message as the next attempt",
      requires: ["delayedRetry"],
      needs: ["crash"],
      async run(env) {
        const broker = await env.broker();
        const victim = await env.mortal();
        const asker = await env.member(victim);
        await env.within("publish", broker.publish("orders", [message()]));
        const held = await asker.one();
        await env.within("settle", asker.retry(held, 2 * env.leaseMs));
        await env.crash(victim);
        const heir = await env.member(broker, {}, ackAll);
        const again = await heir.one();
        assert.deepEqual([again.message.id, again.attempt, again.lastFailure], [held.message.id, 2, failure]);
      },
    },
    {
      id: "B6/restart",
      title: "a delayed retry survives a restart of the server",
      requires: ["delayedRetry", "durable"],
      needs: ["restart"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker);
        await env.within("publish", broker.publish("orders", [message()]));
        const held = await member.one();
        await env.within("settle", member.retry(held, 300));
        await env.within("restart", env.restart());
        const again = await member.one();
        assert.deepEqual([again.message.id, again.attempt], [held.message.id, 2]);
      },
    },
  ],
};
