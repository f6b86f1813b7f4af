import assert from "node:assert/strict";
import { isDeadLetterShelf } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertSame, bytesOf, message } from "./messages.js";
import { shelf } from "./shelf.js";

const rubbish: readonly (string | Uint8Array)[] = [
  "",
  "{",
  "not json \u0000 at all",
  Uint8Array.from([0xff, 0xfe, 0x00, 0x80]),
  Uint8Array.from([0x7b, 0xc3, 0x28, 0x7d]),
];

export const b08: Guarantee = {
  id: "B8",
  promise: "the adapter never looks into a body; what it cannot read is dead-lettered with its bytes",
  cases: [
    {
      id: "B8/bodies-pass",
      title: "bodies that are no event, and foreign messages without id and type, are delivered as they are",
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        const sent = [
          ...rubbish.map((body) => message({ body, contentType: "application/cloudevents+json" })),
          message({ id: "", type: "", contentType: 'application/x-unknown; q="1"', body: "x" }),
        ];
        for (const one of sent) {
          await env.within("publish", broker.publish("orders", [one]));
          assertSame((await member.one()).message, one, "a body that is no event");
        }
      },
    },
    {
      id: "B8/dead-letter-keeps-bytes",
      title: "a dead letter keeps every byte and field, and the group goes on",
      requires: ["deadLetters"],
      async run(env) {
        const broker = await env.broker();
        assert.ok(isDeadLetterShelf(broker));
        const member = await env.member(broker);
        const sent = rubbish.map((body, index) =>
          message({ body, key: `key-${index}`, headers: { "ce-x": "ü" } }),
        );
        await env.within("publish", broker.publish("orders", sent));
        const why = { reason: "undecodable", code: "JSON_INVALID", message: "no JSON at 1" } as const;
        await env.within("settle", member.deadLetter(await member.take(sent.length), why));
        const records = await shelf(env, broker, "billing", sent.length);
        for (const one of sent) {
          const record = records.find((entry) => entry.message.id === one.id);
          assert.ok(record, "a dead letter is missing");
          assertSame(record.message, one, "the dead letter");
          assert.deepEqual(record.failure, why);
        }
        const next = message();
        await env.within("publish", broker.publish("orders", [next]));
        assert.equal((await member.one()).message.id, next.id);
      },
    },
    {
      id: "B8/corrupt-entry",
      title:
        "a stored entry that is no message goes to the dead letters with its bytes, and what follows arrives",
      requires: ["deadLetters"],
      needs: ["corrupt"],
      async run(env) {
        const broker = await env.broker();
        assert.ok(isDeadLetterShelf(broker));
        const member = await env.member(broker, {}, ackAll);
        const [before, after] = [message(), message()];
        const bytes = Uint8Array.from([0x00, 0xff, 0x7b, 0x22, 0x80]);
        await env.within("publish", broker.publish("orders", [before]));
        await env.options.corrupt?.({ namespace: env.namespace, channel: "orders" }, bytes);
        await env.within("publish", broker.publish("orders", [after]));
        assert.deepEqual(
          [(await member.one()).message.id, (await member.one()).message.id],
          [before.id, after.id],
        );
        const [record] = await shelf(env, broker, "billing", 1);
        assert.ok(record);
        assert.equal(record.failure.reason, "undecodable");
        assert.deepEqual([...bytesOf(record.message.body)], [...bytes]);
      },
    },
  ],
};
