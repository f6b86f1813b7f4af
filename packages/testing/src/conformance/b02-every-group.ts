import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertSameIds, ids, idsOf, message, messages } from "./messages.js";

export const b02: Guarantee = {
  id: "B2",
  promise:
    "a group receives every message published after it exists, and with earliest also all retained ones",
  cases: [
    {
      id: "B2/every-group",
      title: "three groups with two members each: every group receives every message once",
      async run(env) {
        const [publisher, one, two] = [await env.broker(), await env.broker(), await env.broker()];
        const groups = ["billing", "audit", "search"];
        const members = await Promise.all(
          groups.map((group) =>
            Promise.all([one, two].map((broker) => env.member(broker, { group, prefetch: 5 }, ackAll))),
          ),
        );
        const sent = Array.from({ length: 60 }, (_, index) => message({ key: `key-${index % 6}` }));
        await env.within("publish", publisher.publish("orders", sent));
        for (const pair of members) {
          const received = (): string[] => pair.flatMap((member) => ids(member.received));
          await env.eventually("the group receives all", () => received().length >= sent.length);
          assertSameIds(received(), idsOf(sent), "the group's messages");
        }
      },
    },
    {
      id: "B2/live-once-subscribed",
      title: "what is published right after subscribe resolved arrives",
      async run(env) {
        const [publisher, consumer] = [await env.broker(), await env.broker()];
        for (let round = 0; round < 10; round++) {
          const member = await env.member(consumer, { group: `group-${round}` }, ackAll);
          const sent = message();
          await env.within("publish", publisher.publish("orders", [sent]));
          assert.equal((await member.one()).message.id, sent.id);
        }
      },
    },
    {
      id: "B2/latest",
      title: "a new group from latest receives nothing older than itself",
      requires: ["from:latest"],
      async run(env) {
        const broker = await env.broker();
        await env.group(broker, { group: "older" });
        await env.within("publish", broker.publish("orders", messages(5)));
        const member = await env.member(broker, { from: "latest" }, ackAll);
        const sent = message();
        await env.within("publish", broker.publish("orders", [sent]));
        assert.equal((await member.one()).message.id, sent.id);
      },
    },
    {
      id: "B2/earliest",
      title: "a new group from earliest receives all that the channel retains, then what follows",
      requires: ["from:earliest"],
      async run(env) {
        const broker = await env.broker();
        await env.group(broker, { group: "keeper" });
        const sent = messages(30);
        await env.within("publish", broker.publish("orders", sent.slice(0, 20)));
        const member = await env.member(broker, { from: "earliest" }, ackAll);
        await env.within("publish", broker.publish("orders", sent.slice(20)));
        assertSameIds(ids(await member.take(30)), idsOf(sent), "history and future");
      },
    },
    {
      id: "B2/absent-members",
      title: "a group goes on existing without members, and later receives what came meanwhile",
      async run(env) {
        const [publisher, first] = [await env.broker(), await env.broker()];
        const before = await env.member(first, {}, ackAll);
        const [seen, missed] = [message(), messages(10)];
        await env.within("publish", publisher.publish("orders", [seen]));
        await before.one();
        await env.close(first);
        await env.within("publish", publisher.publish("orders", missed));
        const member = await env.member(await env.broker(), { from: "latest" }, ackAll);
        assertSameIds(ids(await member.take(10)), idsOf(missed), "what came meanwhile");
      },
    },
    {
      id: "B2/start-only-once",
      title: "the start position of a group that exists is ignored",
      requires: ["from:earliest"],
      async run(env) {
        const broker = await env.broker();
        const first = await env.member(broker, { from: "earliest" }, ackAll);
        const [old, sent] = [messages(5), message()];
        await env.within("publish", broker.publish("orders", old));
        await first.take(5);
        await env.within("close", first.close());
        const member = await env.member(broker, { from: "earliest" }, ackAll);
        await env.within("publish", broker.publish("orders", [sent]));
        assert.equal((await member.one()).message.id, sent.id);
      },
    },
    {
      id: "B2/joining-under-load",
      title: "a group made while others publish misses nothing published after subscribe resolved",
      async run(env) {
        const [publisher, consumer] = [await env.broker(), await env.broker()];
        const after: string[] = [];
        let live = false;
        let running = true;
        const load = (async () => {
          while (running) {
            const batch = messages(3);
            if (live) after.push(...idsOf(batch));
            await publisher.publish("orders", batch);
          }
        })();
        const member = await env.member(consumer, {}, ackAll);
        live = true;
        await env.eventually("some are published", () => after.length >= 60);
        running = false;
        await env.within("publish", load);
        await env.eventually("all of them arrive", () => {
          const seen = new Set(ids(member.received));
          return after.every((id) => seen.has(id));
        });
      },
    },
  ],
};
