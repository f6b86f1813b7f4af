import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertSameIds, attempts, ids, idsOf, message, messages } from "./messages.js";

export const b04: Guarantee = {
  id: "B4",
  promise: "what a dead member held is delivered to another, with attempt one higher, within a lease",
  cases: [
    {
      id: "B4/redelivered",
      title: "a member dies holding messages: a live one receives them as attempt 2, within a lease",
      needs: ["crash"],
      async run(env) {
        const broker = await env.broker();
        const victim = await env.mortal();
        const doomed = await env.member(victim);
        const sent = Array.from({ length: 10 }, (_, index) => message({ key: `key-${index}` }));
        await env.within("publish", broker.publish("orders", sent));
        await doomed.take(10);
        const heir = await env.member(broker, {}, ackAll);
        await env.crash(victim);
        const inherited = await heir.take(10);
        assertSameIds(ids(inherited), idsOf(sent), "what the dead member held");
        assert.deepEqual([...new Set(attempts(inherited))], [2]);
      },
    },
    {
      id: "B4/nobody-there",
      title: "the only member dies: one that comes later receives what it held",
      needs: ["crash"],
      async run(env) {
        const broker = await env.broker();
        const victim = await env.mortal();
        const doomed = await env.member(victim);
        const sent = messages(3);
        await env.within("publish", broker.publish("orders", sent));
        await doomed.one();
        await env.crash(victim);
        await env.pass(env.leaseMs);
        const heir = await env.member(broker, {}, ackAll);
        const inherited = await heir.take(3);
        assertSameIds(ids(inherited), idsOf(sent), "what the dead member held or had before it");
        assert.equal(inherited.find((one) => one.message.id === sent[0]?.id)?.attempt, 2);
      },
    },
    {
      id: "B4/settled-is-settled",
      title: "what a member settled before it died does not come again",
      needs: ["crash"],
      async run(env) {
        const broker = await env.broker();
        const victim = await env.mortal();
        const doomed = await env.member(victim, { prefetch: 20 });
        const sent = Array.from({ length: 20 }, (_, index) => message({ key: `key-${index}` }));
        await env.within("publish", broker.publish("orders", sent));
        const held = await doomed.take(20);
        await env.within("settle", doomed.ack(held.slice(0, 12)));
        await env.crash(victim);
        const heir = await env.member(broker, {}, ackAll);
        assertSameIds(ids(await heir.take(8)), ids(held.slice(12)), "what it had not settled");
        await env.pass(env.leaseMs);
        const marker = message({ key: "key-0" });
        await env.within("publish", broker.publish("orders", [marker]));
        assert.equal((await heir.one()).message.id, marker.id);
      },
    },
    {
      id: "B4/live-members-keep-theirs",
      title: "when one member dies, what the others hold stays with them",
      needs: ["crash"],
      async run(env) {
        const broker = await env.broker();
        const victim = await env.mortal();
        const survivor = await env.member(broker, { prefetch: 1 });
        const kept = message({ key: "kept" });
        await env.within("publish", broker.publish("orders", [kept]));
        const mine = await survivor.one();
        const doomed = await env.member(victim, { prefetch: 1 });
        const lost = message({ key: "lost" });
        await env.within("publish", broker.publish("orders", [lost]));
        await doomed.one();
        const heir = await env.member(await env.broker(), {}, ackAll);
        await env.crash(victim);
        assert.equal((await heir.one()).message.id, lost.id);
        await env.pass(env.leaseMs);
        await env.within("settle", survivor.ack([mine]));
        assert.deepEqual(ids(heir.received), [lost.id]);
      },
    },
  ],
};
