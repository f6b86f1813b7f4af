import type { WireMessage } from "@meshwright/core/adapter";
import fc from "fast-check";
import { expect, test } from "vitest";
import { iterate, openBroker, subscribe, take, temporaryFile } from "./support.js";

/** Text with what SQLite's drivers stumble over: NUL, and the character that we escape it with. */
const text = fc.string({ unit: fc.constantFrom("\0", "\u0001", "0", "1", "a", "é", "😀", "'", '"', "\\") });
const messages = fc.array(
  fc.record({
    id: text,
    type: text,
    key: text,
    contentType: text,
    headers: fc.dictionary(
      text.filter((name) => name !== "__proto__"),
      text,
      { noNullPrototype: true },
    ),
    body: fc.oneof(text, fc.uint8Array({ maxLength: 40 })),
  }),
  { minLength: 1, maxLength: 8 },
);

const plain = (message: WireMessage): unknown => ({
  ...message,
  headers: { ...message.headers },
  body: typeof message.body === "string" ? message.body : { bytes: [...message.body] },
});

test("every field comes back as it went in, from a subscription and from history", async () => {
  const broker = await openBroker({ path: temporaryFile(), durability: "normal" });
  let round = 0;
  await fc.assert(
    fc.asyncProperty(messages, text, async (sent, name) => {
      round += 1;
      // The number first: after a name that ends in digits it would be that of another round.
      const channel = `${round}:${name}`;
      const subscription = await subscribe(broker, { channel, group: name });
      await broker.publish(channel, sent);
      const received = (await take(iterate(subscription), sent.length)).map((delivery) => delivery.message);
      expect(received.map(plain)).toEqual(sent.map(plain));
      await subscription.close();
      const stored: WireMessage[] = [];
      for await (const page of broker.history({ channel, from: "earliest" })) {
        stored.push(...page.map((entry) => entry.message));
      }
      expect(stored.map(plain)).toEqual(sent.map(plain));
    }),
    { numRuns: 60 },
  );
});
