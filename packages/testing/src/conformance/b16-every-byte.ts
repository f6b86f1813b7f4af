import type { WireMessage } from "@meshwright/core/adapter";
import { isDeadLetterShelf, isHistoryReader } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll } from "./member.js";
import { assertSame, message } from "./messages.js";
import { edges, randomMessage } from "./odd-messages.js";
import { collect, shelf } from "./shelf.js";

const mebibyte = 1024 * 1024;

/** Publishes one by one and compares what arrives. */
async function roundTrip(env: ConformanceEnv, sent: readonly WireMessage[], where: string): Promise<void> {
  const broker = await env.broker();
  const member = await env.member(await env.broker(), {}, ackAll);
  for (const one of sent) {
    await env.within("publish", broker.publish("orders", [one]));
    assertSame((await member.one()).message, one, where);
  }
}

export const b16: Guarantee = {
  id: "B16",
  promise: "every field of the message and every byte of the body comes back as it went in",
  cases: [
    {
      id: "B16/edges",
      title: "empty and binary bodies, NUL, byte order marks, all 256 bytes, long and empty fields",
      run: (env) => roundTrip(env, edges(), "an edge"),
    },
    {
      id: "B16/random",
      title: "random messages from all over Unicode and all bytes",
      run: (env) =>
        roundTrip(
          env,
          Array.from({ length: 150 }, () => randomMessage(env.random)),
          `seed ${env.random.seed}`,
        ),
    },
    {
      id: "B16/mebibyte",
      title: "bodies of 1 MiB, text and binary, several in one batch",
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(await env.broker(), { prefetch: 4 }, ackAll);
        const bytes = env.random.bytes(mebibyte);
        const text = "é😀x\u0000".repeat(mebibyte / 8);
        const sent = [message({ body: bytes }), message({ body: text }), message({ body: bytes.slice(1) })];
        await env.within("publish", broker.publish("orders", sent));
        for (const one of sent) {
          const delivery = await member.one();
          assertSame(
            delivery.message,
            sent.find((other) => other.id === delivery.message.id) ?? one,
            "1 MiB",
          );
        }
      },
    },
    {
      id: "B16/not-the-callers-buffer",
      title: "a body that the caller changes after publish resolved is stored as it was",
      async run(env) {
        const broker = await env.broker();
        await env.group(broker);
        const body = Uint8Array.from([1, 2, 3]);
        const sent = message({ body });
        await env.within("publish", broker.publish("orders", [sent]));
        body.fill(9);
        const member = await env.member(broker, {}, ackAll);
        assertSame(
          (await member.one()).message,
          { ...sent, body: Uint8Array.from([1, 2, 3]) },
          "stored bytes",
        );
      },
    },
    {
      id: "B16/every-attempt",
      title: "a message is the same again when it is retried, and when another member gets it",
      async run(env) {
        const broker = await env.broker();
        const first = await env.member(broker);
        const sent = [...edges(), randomMessage(env.random)];
        for (const one of sent) {
          await env.within("publish", broker.publish("orders", [one]));
          await env.within("settle", first.retry(await first.one()));
          const again = await first.one();
          assertSame(again.message, one, "the second attempt");
          await env.within("settle", first.ack([again]));
        }
      },
    },
    {
      id: "B16/delayed",
      title: "delayed messages are the same when they come",
      requires: ["delayedPublish"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const sent = [...edges(), ...Array.from({ length: 20 }, () => randomMessage(env.random))];
        const deliverAt = env.clock.now() + 150;
        const late = sent.map((one) => ({ ...one, deliverAt }));
        await env.within("publish", broker.publish("orders", late));
        for (const delivery of await member.take(sent.length))
          assertSame(
            delivery.message,
            sent.find((one) => one.id === delivery.message.id) as never,
            "delayed",
          );
      },
    },
    {
      id: "B16/history",
      title: "history shows the same messages",
      requires: ["replay"],
      async run(env) {
        const broker = await env.broker();
        if (!isHistoryReader(broker)) throw new Error("The manifest has replay, the broker does not.");
        await env.group(broker);
        const sent = [...edges(), ...Array.from({ length: 20 }, () => randomMessage(env.random))];
        await env.within("publish", broker.publish("orders", sent));
        const entries = await env.within(
          "history",
          collect(broker.history({ channel: "orders", from: "earliest" })),
        );
        for (const [at, one] of sent.entries()) assertSame(entries[at]?.message as never, one, "history");
      },
    },
    {
      id: "B16/dead-letters",
      title: "dead letters, and what is redriven, are the same messages",
      requires: ["deadLetters"],
      async run(env) {
        const broker = await env.broker();
        if (!isDeadLetterShelf(broker)) throw new Error("The manifest has deadLetters, the broker does not.");
        const member = await env.member(broker);
        for (const one of [...edges(), randomMessage(env.random)]) {
          await env.within("publish", broker.publish("orders", [one]));
          await env.within("settle", member.deadLetter([await member.one()]));
          const [record] = await shelf(env, broker, "billing", 1);
          assertSame(record?.message as never, one, "the dead letter");
          await env.within("redrive", broker.redrive({ group: "billing", ids: [record?.id ?? ""] }));
          const again = await member.one();
          assertSame(again.message, one, "redriven");
          await env.within("settle", member.ack([again]));
        }
      },
    },
  ],
};
