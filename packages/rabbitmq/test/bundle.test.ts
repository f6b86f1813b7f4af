/** What the log holds of a publish of many. */
import type { WireMessage } from "@meshwright/core/adapter";
import type { Message } from "amqplib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { logEntry, type Placed, partsOf, readEntry } from "../src/bundle.js";

const text = fc.string({ unit: fc.constantFrom("a", "é", "\t", "{", "\n", "😀"), maxLength: 20 });
const message = fc.record({
  id: text,
  type: text,
  key: text,
  contentType: text,
  headers: fc.oneof(fc.constant({}), fc.dictionary(text, text, { maxKeys: 3 })),
  body: fc.uint8Array({ maxLength: 50 }),
});

/** As the server hands it out. */
function entryOf(part: readonly Placed[]): Message {
  const { body, properties } = logEntry("log", part).entry;
  return { content: body, properties } as unknown as Message;
}

test("many events in one message come back one by one as they were, whatever is in their names", () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 2, maxLength: 10 }), (messages: WireMessage[]) => {
      const placed = messages.map((one, at) => ({
        message: one,
        offset: `1-publisher-${at}`,
        size: one.body.length,
      }));
      const [part, ...others] = partsOf(placed) as [Placed[]];
      expect(others).toEqual([]);
      const found = readEntry(entryOf(part)).map(({ message: { body, ...names }, offset }) => ({
        message: { ...names, headers: { ...names.headers }, body: Uint8Array.from(body as Uint8Array) },
        offset,
      }));
      const given = placed.map(({ message: one, offset }) => ({
        message: { ...one, headers: { ...one.headers } },
        offset,
      }));
      expect(found).toEqual(given);
    }),
  );
});
