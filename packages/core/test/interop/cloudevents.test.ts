import {
  ConfigurationError,
  decode,
  encode,
  fromCloudEvent,
  InvalidEventError,
  type MeshEvent,
  parseEvent,
  toCloudEvent,
} from "@meshwright/core";
import { CloudEvent, HTTP, type Message } from "cloudevents";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { anyEvent } from "../codec/arbitraries.js";

// With a time of milliseconds and data that is an object, as the SDK keeps those.
const event: MeshEvent = {
  specversion: "1.0",
  id: "A234-1234-1234",
  source: "https://github.com/cloudevents/spec/pull",
  type: "com.github.pull_request.opened",
  subject: "123",
  time: "2018-04-05T17:31:00.123Z",
  datacontenttype: "application/json",
  dataschema: "https://example.org/schema.json",
  correlationid: "first",
  partitionkey: "acme/checkout",
  data: { number: 123, title: "grün 😀", labels: ["a", null, 1.5, false] },
};
const text: MeshEvent = { ...event, datacontenttype: "text/plain", data: "grün 😀" };
const binary: MeshEvent = { ...event, datacontenttype: "image/png", data: new Uint8Array([0, 1, 254, 255]) };

const events = [
  { kind: "JSON", event },
  { kind: "text", event: text },
  { kind: "binary", event: binary },
];

describe.each(events)("an event with $kind data", ({ event }) => {
  test("goes to the SDK and back", async () => {
    const cloudEvent = await toCloudEvent(event);
    expect(cloudEvent).toBeInstanceOf(CloudEvent);
    expect(cloudEvent instanceof CloudEvent && cloudEvent.validate()).toBe(true);
    expect(fromCloudEvent(cloudEvent)).toEqual(event);
  });

  test("is read by us as the SDK writes it", async () => {
    const cloudEvent = await toCloudEvent(event);
    expect(parseEvent(String(HTTP.structured(cloudEvent).body))).toEqual(event);
    expect(decode(received(HTTP.structured(cloudEvent)))).toEqual(event);
    expect(decode(received(HTTP.binary(cloudEvent)))).toEqual(event);
  });

  test.each(["structured", "binary"] as const)("is read by the SDK as we write it in %s mode", (mode) => {
    const { contentType, headers, body } = encode(event, mode);
    const read = HTTP.toEvent({ headers: { ...headers, "content-type": contentType }, body });
    expect(fromCloudEvent(read as CloudEvent<unknown>)).toEqual(event);
  });
});

test("every valid event with a time goes to the SDK's object and back", async () => {
  const withTime = anyEvent.filter(({ time }) => time !== undefined);
  await fc.assert(
    fc.asyncProperty(withTime, async (any) => {
      expect(fromCloudEvent(await toCloudEvent(any))).toEqual(any);
    }),
  );
});

describe("from the SDK", () => {
  test("what it leaves undefined or null is left out", () => {
    const { id, source, type, time, specversion } = event;
    const cloudEvent = new CloudEvent(
      { id, source, type, time, comexample: null } as Partial<MeshEvent>,
      false,
    );
    expect(fromCloudEvent(cloudEvent)).toEqual({ specversion, id, source, type, time });
  });

  test("its typed arrays are bytes again", () => {
    const { contentType, headers, body } = encode(binary, "structured");
    const read = HTTP.toEvent({ headers: { ...headers, "content-type": contentType }, body });
    const { data } = fromCloudEvent(read as CloudEvent<unknown>);
    expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
    expect(data).toEqual(binary.data);
  });

  test("Base64 alone is bytes too, also of nothing", () => {
    const { data: _, ...attributes } = event;
    for (const data_base64 of ["", "AAH/"]) {
      const like = { ...attributes, data_base64 } as unknown as Parameters<typeof fromCloudEvent>[0];
      expect(fromCloudEvent(like).data).toEqual(new Uint8Array(Buffer.from(data_base64, "base64")));
    }
  });

  test.each([
    { subject: "" },
    { comexample: { a: 1 } },
    { source: "with blank" },
    { specversion: "0.3", dataschema: undefined },
  ])("an invalid event is refused: %j", (change) => {
    const cloudEvent = new CloudEvent({ ...event, ...change } as Partial<MeshEvent>, false);
    expect(() => fromCloudEvent(cloudEvent)).toThrow(InvalidEventError);
  });
});

describe("to the SDK", () => {
  afterEach(() => {
    vi.doUnmock("cloudevents");
    vi.resetModules();
  });

  test("an invalid event does not go", async () => {
    await expect(toCloudEvent({ ...event, id: "" })).rejects.toMatchObject({
      code: "EVENT_ATTRIBUTE_INVALID",
      path: "/id",
    });
  });

  test("nothing needs the package but a call that does, and that call says so", async () => {
    vi.resetModules();
    vi.doMock("cloudevents", () => {
      throw new Error("Cannot find package 'cloudevents'");
    });
    const interop = await import("../../src/interop/cloudevents.js");
    expect(interop.fromCloudEvent({ ...event } as Parameters<typeof fromCloudEvent>[0])).toEqual(event);
    const failure: unknown = await interop.toCloudEvent(event).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "PEER_MISSING", name: new ConfigurationError("", "").name });
    expect((failure as Error).message).toContain("npm i cloudevents");
  });
});

/** An SDK message as a server receives it: header values are strings, the body text or bytes. */
function received({ headers, body }: Message<unknown>): Parameters<typeof decode>[0] {
  const { "content-type": contentType, ...others } = headers;
  return {
    contentType: String(contentType),
    headers: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])),
    body: body as string | Uint8Array,
  };
}
