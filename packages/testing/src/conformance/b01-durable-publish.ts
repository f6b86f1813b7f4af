import assert from "node:assert/strict";
import type { Broker, WireMessage } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll, type Member } from "./member.js";
import { assertRefused, assertSameIds, ids, idsOf, message, messages } from "./messages.js";

interface Attempt {
  readonly batch: readonly WireMessage[];
  outcome: "pending" | "resolved" | "rejected";
}

/** Publishes without waiting, and notes what became of each call. */
function publishAtOnce(broker: Broker, batches: readonly (readonly WireMessage[])[]): Attempt[] {
  return batches.map((batch) => {
    const attempt: Attempt = { batch, outcome: "pending" };
    broker.publish("orders", batch).then(
      () => {
        attempt.outcome = "resolved";
      },
      () => {
        attempt.outcome = "rejected";
      },
    );
    return attempt;
  });
}

/** The messages of the calls that resolved, all of which a member must get. */
async function assertConfirmedArrive(
  env: ConformanceEnv,
  member: Member,
  attempts: readonly Attempt[],
): Promise<void> {
  const confirmed = attempts.filter((one) => one.outcome === "resolved").flatMap((one) => idsOf(one.batch));
  await env.eventually("every confirmed message arrives", () => {
    const seen = new Set(ids(member.received));
    return confirmed.every((id) => seen.has(id));
  });
}

export const b01: Guarantee = {
  id: "B1",
  promise: "publish resolves only once every message is stored; otherwise it rejects",
  cases: [
    {
      id: "B1/resolved-is-stored",
      title: "what a resolved publish took reaches a member on another connection",
      async run(env) {
        const [publisher, consumer] = [await env.broker(), await env.broker()];
        const member = await env.member(consumer, {}, ackAll);
        const sent = messages(20);
        for (const one of sent) await env.within("publish", publisher.publish("orders", [one]));
        assertSameIds(ids(await member.take(20)), idsOf(sent), "what was confirmed");
      },
    },
    {
      id: "B1/survives-its-publisher",
      title: "a publisher that dies right after publish resolved has lost nothing",
      needs: ["crash"],
      async run(env) {
        const consumer = await env.broker();
        const publisher = await env.mortal();
        await env.group(consumer);
        const sent = messages(50);
        await env.within("publish", publisher.publish("orders", sent));
        await env.crash(publisher);
        const member = await env.member(consumer, {}, ackAll);
        assertSameIds(ids(await member.take(50)), idsOf(sent), "what was confirmed");
      },
    },
    {
      id: "B1/crash-mid-publish",
      title: "a publisher that dies with many publishes pending has lost none of those that had resolved",
      needs: ["crash"],
      async run(env) {
        const consumer = await env.broker();
        const publisher = await env.mortal();
        const member = await env.member(consumer, {}, ackAll);
        const attempts = publishAtOnce(
          publisher,
          Array.from({ length: 200 }, () => messages(3)),
        );
        await env.eventually("some publishes resolve", () =>
          attempts.some((one) => one.outcome !== "pending"),
        );
        await env.crash(publisher);
        await assertConfirmedArrive(env, member, attempts);
        const known = new Set(attempts.flatMap((one) => idsOf(one.batch)));
        assert.ok(
          ids(member.received).every((id) => known.has(id)),
          "something arrived that nobody published",
        );
      },
    },
    {
      id: "B1/atomic-batch",
      title: "a batch whose publisher dies meanwhile is stored whole or not at all",
      requires: ["atomicBatch"],
      needs: ["crash"],
      async run(env) {
        const consumer = await env.broker();
        const publisher = await env.mortal();
        const member = await env.member(consumer, {}, ackAll);
        const batches = Array.from({ length: 60 }, () => messages(25));
        const attempts = publishAtOnce(publisher, batches);
        await env.eventually("some publishes resolve", () =>
          attempts.some((one) => one.outcome !== "pending"),
        );
        await env.crash(publisher);
        await assertConfirmedArrive(env, member, attempts);
        const marker = message({ id: "after-the-crash" });
        await env.within("publish", consumer.publish("orders", [marker]));
        await env.eventually("the marker arrives", () => ids(member.received).includes(marker.id));
        const seen = new Set(ids(member.received));
        for (const batch of batches) {
          const stored = idsOf(batch).filter((id) => seen.has(id)).length;
          assert.ok(
            stored === 0 || stored === batch.length,
            `${stored} of a batch of ${batch.length} were stored`,
          );
        }
      },
    },
    {
      id: "B1/restart-mid-publish",
      title: "publishes under way when the server restarts all settle, and those that resolve are stored",
      requires: ["durable"],
      needs: ["restart"],
      async run(env) {
        const [publisher, consumer] = [await env.broker(), await env.broker()];
        // A settlement may reject while the server is away.
        const member = await env.member(consumer, {}, (batch, own) =>
          env.insist("settle", () => own.ack(batch)),
        );
        const batches = Array.from({ length: 100 }, () => messages(5));
        const attempts = publishAtOnce(publisher, batches.slice(0, 50));
        const restart = env.restart();
        attempts.push(...publishAtOnce(publisher, batches.slice(50)));
        await env.within("restart", restart);
        await env.eventually("every publish settles", () =>
          attempts.every((one) => one.outcome !== "pending"),
        );
        await assertConfirmedArrive(env, member, attempts);
      },
    },
    {
      id: "B1/order-of-calls",
      title: "calls that do not wait for each other, and messages within them, are stored in order",
      requires: ["keyOrder"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const batches = Array.from({ length: 40 }, (_, index) => messages(1 + (index % 4)));
        await env.within("publish", Promise.all(batches.map((batch) => broker.publish("orders", batch))));
        const sent = idsOf(batches.flat());
        assert.deepEqual(ids(await member.take(sent.length)), sent);
      },
    },
    {
      id: "B1/not-open",
      title: "publish and subscribe are refused before open and after close",
      async run(env) {
        const unopened = await env.options.create();
        await assertRefused(
          env.within("publish", unopened.publish("orders", [message()])),
          "publish before open",
        );
        const broker = await env.broker();
        await env.close(broker);
        await assertRefused(
          env.within("publish", broker.publish("orders", [message()])),
          "publish after close",
        );
        await assertRefused(
          env.within("subscribe", broker.subscribe(env.request(broker))),
          "subscribe after close",
        );
      },
    },
    {
      id: "B1/body-limit",
      title: "a body above the limit of the manifest is refused, and what is within it is taken",
      requires: ["maxBodyBytes"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const limit = broker.capabilities.maxBodyBytes ?? 0;
        const tooLarge = message({ body: new Uint8Array(limit + 1) });
        await assertRefused(
          env.within("publish", broker.publish("orders", [tooLarge])),
          "a body above the limit",
        );
        const small = message({ body: "small" });
        await env.within("publish", broker.publish("orders", [small]));
        assertSameIds(ids(await member.take(1)), [small.id], "only the small one is stored");
      },
    },
  ],
};
