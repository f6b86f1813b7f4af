import {
  decode,
  type EncodedEvent,
  encode,
  formatBatch,
  formatEvent,
  InvalidEventError,
  parseBatch,
  parseEvent,
} from "@meshwright/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { eventErrorCodes } from "../../src/event/codes.js";
import { anyEvent, binaryEvent } from "./arbitraries.js";
import { validEvent } from "./invalid-events.js";

const utf8 = (text: string | Uint8Array) =>
  typeof text === "string" ? new TextEncoder().encode(text) : text;

/** The message as a broker returns it that stores bytes only. */
const asBytes = (message: EncodedEvent): EncodedEvent => ({ ...message, body: utf8(message.body) });

test("structured mode keeps every valid event, as text and as bytes", () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      expect(parseEvent(formatEvent(event))).toEqual(event);
      expect(decode(encode(event, "structured"))).toEqual(event);
      expect(decode(asBytes(encode(event, "structured")))).toEqual(event);
    }),
    { numRuns: 500 },
  );
});

test("a batch keeps every valid event, in order", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 5 }), (events) => {
      expect(parseBatch(formatBatch(events))).toEqual(events);
    }),
  );
});

test("binary mode keeps every event that HTTP has room for, in headers that HTTP allows", () => {
  fc.assert(
    fc.property(binaryEvent, (event) => {
      const message = encode(event, "binary");
      expect(decode(message)).toEqual(event);
      expect(decode(asBytes(message))).toEqual(event);
      for (const [name, value] of Object.entries(message.headers)) {
        expect(name).toMatch(/^ce-[a-z0-9]+$/);
        expect(value).toMatch(/^[!#$&-~%]*$/);
      }
    }),
    { numRuns: 500 },
  );
});

test("binary mode settles: what it returned once, it returns for ever", () => {
  fc.assert(
    fc.property(
      anyEvent.filter(
        ({ data, datacontenttype = "" }) => typeof data !== "string" || !/xml/.test(datacontenttype),
      ),
      (event) => {
        const first = attempt(() => decode(encode(event, "binary")));
        if (first !== undefined) expect(decode(encode(first, "binary"))).toEqual(first);
      },
    ),
  );
});

test("decoding is total: an event that can be encoded again, or an InvalidEventError of the set", () => {
  const json = JSON.stringify({ ...validEvent, time: "2018-04-05T17:31:00Z", data: { a: ["ü", 1.5, null] } });
  const damaged = fc
    .tuple(fc.nat(json.length), fc.nat(8), fc.string({ unit: "binary", maxLength: 4 }))
    .map(([at, cut, put]) => json.slice(0, at) + put + json.slice(at + cut));
  const headers = fc.dictionary(
    fc.oneof(fc.constantFrom("ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time"), fc.string()),
    fc.oneof(fc.constantFrom("1.0", "/s", "%"), fc.string({ unit: "binary" })),
  );
  const body = fc.oneof(damaged, damaged.map(utf8), fc.uint8Array(), fc.json());
  const contentType = fc.oneof(
    fc.constantFrom("application/cloudevents+json", "application/json", "text/plain", "image/png", ""),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.record({ contentType, headers, body }), (message) => {
      const event = attempt(() => decode(message));
      if (event !== undefined) expect(parseEvent(formatEvent(event))).toEqual(event);
    }),
    { numRuns: 2_000 },
  );
});

/** The result, or undefined where it is refused the way it should be. */
function attempt<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidEventError);
    expect(Object.keys(eventErrorCodes)).toContain((error as InvalidEventError).code);
    return undefined;
  }
}
