import { decode, formatBatch, formatEvent, type MeshEvent, parseBatch, parseEvent } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { eventErrorCodes } from "../../src/event/codes.js";
import { changed, invalidAttributes, invalidData, invalidTexts, validEvent } from "./invalid-events.js";
import { invalidMessages } from "./invalid-messages.js";
import { caught, expectRefusal } from "./refusal.js";

const structured = (body: string | Uint8Array) => ({
  contentType: "application/cloudevents+json",
  headers: {},
  body,
});
const bytes = (text: string | Uint8Array) =>
  typeof text === "string" ? new TextEncoder().encode(text) : text;

test("the event that all cases change is valid itself", () => {
  expect(parseEvent(JSON.stringify(changed({})))).toEqual(validEvent);
});

describe.each([...invalidAttributes, ...invalidData])(
  "refuses an event in which $why",
  ({ change, ...refusal }) => {
    const text = JSON.stringify(changed(change));

    test("from text and from bytes", () => {
      expectRefusal(() => parseEvent(text), refusal);
      expectRefusal(() => parseEvent(bytes(text)), refusal);
      expectRefusal(() => decode(structured(text)), refusal);
    });

    test("within a batch, and says where", () => {
      const batch = `[${JSON.stringify(validEvent)},${text}]`;
      expectRefusal(() => parseBatch(batch), { ...refusal, path: `/1${refusal.path}` });
    });
  },
);

// In memory there is no data_base64, so those cases are for decoding alone.
describe.each([...invalidAttributes, ...invalidData].filter(({ change }) => !("data_base64" in change)))(
  "does not write an event in which $why",
  ({ change, ...refusal }) => {
    test("alone or within a batch", () => {
      const event = changed(change) as Record<string, unknown> & MeshEvent;
      expectRefusal(() => formatEvent(event), refusal);
      const batch = [validEvent as Record<string, unknown> & MeshEvent, event];
      expectRefusal(() => formatBatch(batch), { ...refusal, path: `/1${refusal.path}` });
    });
  },
);

test.each(invalidTexts)("refuses text with $why", ({ text, ...refusal }) => {
  expectRefusal(() => parseEvent(text), refusal);
  expectRefusal(() => parseEvent(bytes(text)), refusal);
  expectRefusal(() => decode(structured(text)), refusal);
});

test.each(invalidTexts.filter(({ code }) => code !== "EVENT_NOT_OBJECT"))(
  "refuses a batch with $why",
  ({ text, ...refusal }) => {
    // The empty array would be a batch; the texts here are none in either format.
    expectRefusal(() => parseBatch(text), refusal);
  },
);

test.each(["{}", "null", '"[]"', "1", JSON.stringify(validEvent)])("refuses %s as a batch", (text) => {
  expectRefusal(() => parseBatch(text), {
    code: "EVENT_BATCH_INVALID",
    path: "",
    reason: "a batch is a JSON array of events",
  });
});

test.each(["null", '"text"', "5", "[]"])("refuses a batch with the element %s", (element) => {
  expectRefusal(() => parseBatch(`[${JSON.stringify(validEvent)},${element}]`), {
    code: "EVENT_NOT_OBJECT",
    path: "/1",
    reason: "an event is an object",
  });
});

test.each(invalidMessages)("refuses a message with $why", ({ message, ...refusal }) => {
  expectRefusal(() => decode(message), refusal);
});

test.each(invalidTexts.filter(({ text }) => typeof text === "string" && text.includes("secret")))(
  "says nothing of the payload: $why",
  ({ text }) => {
    const error = caught(() => parseEvent(text));
    expect(error).toBeInstanceOf(Error);
    const { message, stack, cause } = error as Error;
    expect(message).not.toContain("secret");
    expect(stack).not.toContain('"secret');
    expect(cause).toBeUndefined();
  },
);

test("says nothing of a bad value either", () => {
  const event = JSON.stringify(changed({ time: "secret", comexample: { secret: 1 } }));
  expect((caught(() => parseEvent(event)) as Error).message).toBe(
    "Invalid event at /time: is no RFC 3339 timestamp",
  );
});

test("every code of the set is shown by a case", () => {
  const shown = [...invalidAttributes, ...invalidData, ...invalidTexts, ...invalidMessages].map(
    ({ code }) => code,
  );
  expect([...new Set([...shown, "EVENT_BATCH_INVALID"])].sort()).toEqual(Object.keys(eventErrorCodes).sort());
});
