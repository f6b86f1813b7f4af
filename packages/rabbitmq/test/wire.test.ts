/** What newer servers than the one that tests run on do to messages; see their release notes. */
import type { Message } from "amqplib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { propertiesOf, readCarried, readMessage } from "../src/wire.js";
import { message } from "./support.js";

const offset = "1-publisher-1";

/** As a server hands it out. */
function delivered(sent: ReturnType<typeof propertiesOf>, added: Record<string, unknown> = {}): Message {
  const properties = { ...sent, headers: { ...sent.headers, ...added } };
  const fields = { redelivered: Object.keys(added).length > 0 };
  return { properties, fields, content: Buffer.from("body") } as unknown as Message;
}

test.each([
  ["a first delivery", {}, 1],
  ["before 4.3: every return", { "x-delivery-count": 2 }, 3],
  [
    "from 4.3 on: also what is not blamed on the message",
    { "x-delivery-count": 1, "x-acquired-count": 3 },
    4,
  ],
  ["from 4.3 on: only what is not blamed on it", { "x-acquired-count": 1 }, 2],
])("attempts: %s", (_, headers, attempt) => {
  expect(readCarried(delivered(propertiesOf(message(), offset), headers)).attempt).toBe(attempt);
});

const of = (...units: string[]) => fc.string({ unit: fc.constantFrom(...units), maxLength: 80, size: "max" });
const texts = fc.oneof(of("a", "é", ":", "\n", "😀"), of("a", "\t"));

test("what names a message comes back as it was: in one property where that is clear and not too long, else in headers", () => {
  const message = fc.record({ id: texts, type: texts, key: texts, contentType: texts });
  fc.assert(
    fc.property(message, (names) => {
      const sent = propertiesOf({ ...names, headers: {}, body: "" }, offset);
      for (const property of [sent.appId ?? "", sent.contentType ?? ""])
        expect(Buffer.byteLength(property)).toBeLessThanOrEqual(255);
      const read = readMessage(delivered(sent));
      expect(read).toMatchObject({ message: { ...names, headers: {} }, offset });
    }),
  );
});

test("usual messages have two properties and no header", () => {
  const usual = message();
  const { id, type, key, contentType } = usual;
  expect(propertiesOf(usual, offset)).toEqual({
    headers: {},
    appId: `mw:${offset}\t${id}\t${type}\t${key}`,
    contentType,
    persistent: true,
  });
});

test("headers with names that mean something to the server go under other names, and come back under their own", () => {
  const names = [
    "x-basic-type",
    "x-exchange",
    "x-cc",
    "x-message-id",
    "x-amqp-1.0-properties",
    "x-acquired-count",
  ];
  const headers = Object.fromEntries(names.map((name) => [name, "mine"]));
  const sent = propertiesOf(message({ headers }), offset);
  for (const name of names) expect(sent.headers).not.toHaveProperty([name]);
  // A long text comes back from a stream as bytes.
  const long = "é".repeat(200);
  const added = {
    "x-acquired-count": 1,
    "x-exchange": "theirs",
    timestamp_in_ms: 1,
    "ce-long": Buffer.from(long),
  };
  const read = readMessage(delivered(sent, added));
  expect(read?.message.headers).toEqual({ ...headers, "ce-long": long });
});
