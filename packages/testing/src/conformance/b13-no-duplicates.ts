import assert from "node:assert/strict";
import type { Broker, Delivery, WireMessage } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll, type Handle, type Member } from "./member.js";
import { assertSameIds, attempts, ids, idsOf, keyedMessages, message } from "./messages.js";

function all(members: readonly Member[]): Delivery[] {
  return members.flatMap((member) => member.received);
}

/** A marker behind everything else of every key: when they are there, nothing else is on its way. */
async function markers(
  env: ConformanceEnv,
  broker: Broker,
  keys: number,
  members: readonly Member[],
): Promise<void> {
  const list = Array.from({ length: keys }, (_, index) => message({ key: `key-${index}` }));
  await env.within("publish", broker.publish("orders", list));
  await env.eventually("the markers arrive", () => {
    const seen = new Set(ids(all(members)));
    return list.every((one) => seen.has(one.id));
  });
}

export const b13: Guarantee = {
  id: "B13",
  promise: "without faults nothing is delivered twice",
  cases: [
    {
      id: "B13/several-members",
      title: "several members under load, acknowledging in many ways: each message once, as attempt 1",
      async run(env) {
        const brokers = [await env.broker(), await env.broker(), await env.broker()];
        const oneByOne: Handle = async (batch, member) => {
          for (const delivery of batch) await member.ack([delivery]);
        };
        const late: Handle = async (batch, member) => {
          await env.pass(env.random.int(0, 4));
          await member.ack(batch);
        };
        const backwards: Handle = async (batch, member) => {
          await Promise.all([...batch].reverse().map((delivery) => member.ack([delivery])));
        };
        const ways = [ackAll, oneByOne, late, backwards];
        const members = await Promise.all(
          ways.map((way, index) =>
            env.member(brokers[index % 3] as Broker, { prefetch: 3 + 9 * index }, way),
          ),
        );
        const sent = keyedMessages(1_200, 40);
        for (let at = 0; at < sent.length; at += 100)
          await env.within(
            "publish",
            brokers[0]?.publish("orders", sent.slice(at, at + 100)) as Promise<void>,
          );
        await env.eventually("all arrive", () => all(members).length >= sent.length);
        await markers(env, brokers[0] as Broker, 40, members);
        const received = all(members).slice();
        assertSameIds(
          ids(received).filter((id) => idsOf(sent).includes(id)),
          idsOf(sent),
          "each once",
        );
        assert.ok(attempts(received).every((attempt) => attempt === 1));
      },
    },
    {
      id: "B13/members-come-and-go",
      title: "members that close properly and join again cause no second handling",
      async run(env) {
        const stable = await env.broker();
        const handled: string[] = [];
        const note: Handle = async (batch, member) => {
          for (const delivery of batch) {
            const done = await member.ack([delivery]).then(
              () => true,
              () => false,
            );
            if (done && !closed.has(member)) handled.push(delivery.message.id);
          }
        };
        const closed = new Set<Member>();
        const keeper = await env.member(stable, { prefetch: 5 }, note);
        const sent: WireMessage[] = [];
        const publish = async (count: number): Promise<void> => {
          const more = keyedMessages(count, 20);
          sent.push(...more);
          await env.within("publish", stable.publish("orders", more));
        };
        for (let round = 0; round < 8; round++) {
          const guest = await env.member(await env.broker(), { prefetch: 5 });
          await publish(50);
          // The keeper may have done all that before the guest had its share.
          while (guest.received.length === 0) {
            await publish(5);
            await env.pass(5);
          }
          const held = [await guest.one()];
          await env.within("settle", guest.ack(held));
          handled.push(...ids(held));
          closed.add(guest);
          await env.within("close", guest.close());
        }
        await env.eventually("all are handled", () => handled.length >= sent.length);
        await markers(env, stable, 20, [keeper]);
        assertSameIds(
          handled.filter((id) => idsOf(sent).includes(id)),
          idsOf(sent),
          "each handled once",
        );
      },
    },
    {
      id: "B13/quiet-afterwards",
      title: "what was settled does not come again when leases have run out",
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const sent = keyedMessages(20, 5);
        await env.within("publish", broker.publish("orders", sent));
        await member.take(20);
        await env.pass(2 * env.leaseMs);
        await markers(env, broker, 5, [member]);
        assert.equal(member.received.length, 25);
      },
    },
    {
      id: "B13/stale-settlement",
      title: "a process that was frozen past its lease settles nothing of what others got meanwhile",
      needs: ["fork"],
      async run(env) {
        const broker = await env.broker();
        const sleeper = await env.mortal();
        const frozen = await env.member(sleeper);
        const sent = message();
        await env.within("publish", broker.publish("orders", [sent]));
        const theirs = await frozen.one();
        env.freeze(sleeper);
        const heir = await env.member(broker);
        const held = await heir.one();
        assert.deepEqual([held.message.id, held.attempt], [sent.id, 2]);
        env.thaw(sleeper);
        await env.within(
          "settle",
          frozen.ack([theirs]).catch(() => undefined),
        );
        await env.eventually("it is reported", () =>
          env.reports(sleeper).some((report) => report.kind === "stale-settlement"),
        );
        await env.within("close", frozen.close());
        await env.within("settle", heir.retry(held));
        assert.equal((await heir.one()).attempt, 3);
      },
    },
  ],
};
