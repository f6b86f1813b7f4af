import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertRefused, ids, message, messages } from "./messages.js";

export const delayedPublish: Guarantee = {
  id: "delay",
  promise: "a message with deliverAt is visible to no group before its time, and takes its place then",
  cases: [
    {
      id: "delay/refused",
      title: "without delayed publish, a message with a later deliverAt is refused",
      lacks: "delayedPublish",
      async run(env) {
        const broker = await env.broker();
        const late = message({ deliverAt: env.clock.now() + 60_000 });
        await assertRefused(env.within("publish", broker.publish("orders", [late])), "deliverAt");
      },
    },
    {
      id: "delay/not-before-its-time",
      title: "it comes when its time has come, not before, and holds up nothing, its key neither",
      requires: ["delayedPublish"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const due = env.clock.now() + 300;
        const [late, now] = [message({ deliverAt: due }), message()];
        await env.within("publish", broker.publish("orders", [late, now]));
        assert.equal((await member.one()).message.id, now.id);
        assert.equal((await member.one()).message.id, late.id);
        assert.ok(env.clock.now() >= due - 20, `it came ${due - env.clock.now()} ms early`);
      },
    },
    {
      id: "delay/order-of-due-times",
      title: "messages come in the order of their times, whatever the order of publishing",
      requires: ["delayedPublish"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const start = env.clock.now() + 200;
        const places = env.random.shuffle([0, 1, 2, 3, 4, 5]);
        const late = places.map((place) =>
          message({ deliverAt: start + place * 60, headers: { "x-place": `${place}` } }),
        );
        await env.within("publish", broker.publish("orders", late));
        const received = await member.take(6);
        assert.deepEqual(
          received.map((one) => one.message.headers["x-place"]),
          ["0", "1", "2", "3", "4", "5"],
        );
      },
    },
    {
      id: "delay/past",
      title: "a time that has passed means now",
      requires: ["delayedPublish"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const sent = [message({ deliverAt: env.clock.now() - 1_000 }), message({ deliverAt: 0 })];
        await env.within("publish", broker.publish("orders", sent));
        await member.take(2);
      },
    },
    {
      id: "delay/every-group",
      title: "every group that exists when its time comes receives it",
      requires: ["delayedPublish"],
      async run(env) {
        const broker = await env.broker();
        const groups = ["billing", "audit", "search"];
        const early = await Promise.all(groups.map((group) => env.member(broker, { group }, ackAll)));
        const late = message({ deliverAt: env.clock.now() + 250 });
        await env.within("publish", broker.publish("orders", [late]));
        const younger = await env.member(broker, { group: "younger" }, ackAll);
        for (const member of [...early, younger]) assert.equal((await member.one()).message.id, late.id);
      },
    },
    {
      id: "delay/survives-its-publisher",
      title: "it comes though the process that published it was killed",
      requires: ["delayedPublish"],
      needs: ["crash"],
      async run(env) {
        const broker = await env.broker();
        const publisher = await env.mortal();
        const member = await env.member(broker, {}, ackAll);
        const late = messages(5, { deliverAt: env.clock.now() + 400 });
        await env.within("publish", publisher.publish("orders", late));
        await env.crash(publisher);
        assert.deepEqual(new Set(ids(await member.take(5))), new Set(late.map((one) => one.id)));
      },
    },
    {
      id: "delay/survives-restart",
      title: "it comes though the server restarted meanwhile",
      requires: ["delayedPublish", "durable"],
      needs: ["restart"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const late = message({ deliverAt: env.clock.now() + 300 });
        await env.within("publish", broker.publish("orders", [late]));
        await env.within("restart", env.restart());
        assert.equal((await member.one()).message.id, late.id);
      },
    },
  ],
};
