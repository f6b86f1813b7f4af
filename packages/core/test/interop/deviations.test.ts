/**
 * Where the `cloudevents` SDK 10.0.0 departs from CloudEvents 1.0.2, each beside what we do. A test that turns red here
 * means that the SDK was mended: take the row out, and let the interop tests cover it.
 */
import { decode, encode, InvalidEventError, type MeshEvent, parseEvent } from "@meshwright/core";
import { CloudEvent, HTTP } from "cloudevents";
import { describe, expect, test } from "vitest";
import { toCloudEvent } from "../../src/interop/cloudevents.js";
import { changed, invalidAttributes, invalidData, validEvent } from "../codec/invalid-events.js";

const structuredType = "application/cloudevents+json";

function sdkReads(
  change: Readonly<Record<string, unknown>>,
  contentType = structuredType,
): CloudEvent<unknown> {
  const message = { headers: { "content-type": contentType }, body: JSON.stringify(changed(change)) };
  return HTTP.toEvent(message) as CloudEvent<unknown>;
}

const headers = Object.fromEntries(
  Object.entries(validEvent).map(([name, value]) => [`ce-${name}`, String(value)]),
);

function sdkReadsBinary(contentType: string, body: string): unknown {
  return (HTTP.toEvent({ headers: { ...headers, "content-type": contentType }, body }) as CloudEvent<unknown>)
    .data;
}

function weRead(change: Readonly<Record<string, unknown>>): MeshEvent {
  return parseEvent(JSON.stringify(changed(change)));
}

function event(change: Readonly<Record<string, unknown>>): MeshEvent {
  return changed(change) as Record<string, unknown> & MeshEvent;
}

describe("reading structured mode, the SDK", () => {
  const accepted = [...invalidAttributes, ...invalidData].filter(({ change }) => {
    try {
      sdkReads(change);
      return true;
    } catch {
      return false;
    }
  });

  test("accepts every invalid event but a few with a bad data_base64", () => {
    const refused = [...invalidAttributes, ...invalidData].filter((one) => !accepted.includes(one));
    expect(new Set(refused.map(({ path }) => path))).toEqual(new Set(["/data_base64"]));
    for (const { change } of accepted) expect(() => weRead(change)).toThrow(InvalidEventError);
  });

  test("invents an id, a time and a version where there is none", () => {
    const { id, time, specversion } = sdkReads({ id: undefined, specversion: undefined });
    expect([typeof id, typeof time, specversion]).toEqual(["string", "string", "1.0"]);
    expect("time" in weRead({})).toBe(false);
  });

  test("replaces a leap second by the time of reading", () => {
    const time = "2016-12-31T23:59:60Z";
    expect(Number(sdkReads({ time }).time?.slice(0, 4))).toBeGreaterThan(2017);
    expect(weRead({ time }).time).toBe(time);
  });

  test.each([
    ["2018-04-05T17:31:00.123456Z", "2018-04-05T17:31:00.123Z"],
    ["2018-04-05T18:31:00+01:00", "2018-04-05T17:31:00.000Z"],
  ])("turns the time %s into %s", (time, turned) => {
    expect(sdkReads({ time }).time).toBe(turned);
    expect(weRead({ time }).time).toBe(time);
  });

  test.each([0, false, null, ""])("drops the data %j", (data) => {
    expect(sdkReads({ data }).data).toBeUndefined();
    expect(weRead({ data }).data).toBe(data);
  });

  test("makes four bytes of each byte of data_base64, and nothing of no bytes", () => {
    expect(sdkReads({ data_base64: "AAH/" }).data).toEqual(new Uint32Array([0, 1, 255]));
    expect(weRead({ data_base64: "AAH/" }).data).toEqual(new Uint8Array([0, 1, 255]));
    expect(sdkReads({ data_base64: "" }).data).toBeUndefined();
    expect(weRead({ data_base64: "" }).data).toEqual(new Uint8Array());
  });

  test("keeps an extension that is null", () => {
    expect(sdkReads({ comexample: null })).toHaveProperty("comexample", null);
    expect(weRead({ comexample: null })).not.toHaveProperty("comexample");
  });

  test.each([`${structuredType};charset=utf-8`, "Application/CloudEvents+JSON"])(
    "does not know %s",
    (contentType) => {
      expect(() => sdkReads({}, contentType)).toThrow();
      const body = JSON.stringify(validEvent);
      expect(decode({ contentType, headers: {}, body })).toEqual(validEvent);
    },
  );
});

describe("reading binary mode, the SDK", () => {
  const weReadBinary = (contentType: string, body: string) => decode({ contentType, headers, body }).data;

  test.each(["1.5", "0", "true", "null"])("takes the JSON body %s for a string", (body) => {
    expect(sdkReadsBinary("application/json", body)).toBe(body);
    expect(weReadBinary("application/json", body)).toBe(JSON.parse(body));
  });

  test.each(["application/json;charset=utf-8", "application/vnd.acme+json", "APPLICATION/JSON"])(
    "takes no body of %s for JSON",
    (contentType) => {
      expect(sdkReadsBinary(contentType, '{"a":1}')).toBe('{"a":1}');
      expect(weReadBinary(contentType, '{"a":1}')).toEqual({ a: 1 });
    },
  );

  test("does not decode header values", () => {
    const message = { ...headers, "ce-subject": "Euro%20%E2%82%AC", "ce-comexample": "a%20b" };
    const read = HTTP.toEvent({ headers: { ...message, "content-type": "text/plain" }, body: "" });
    expect(read).toMatchObject({ subject: "Euro%20%E2%82%AC", comexample: "a%20b" });
    expect(decode({ contentType: "text/plain", headers: message, body: "" })).toMatchObject({
      subject: "Euro €",
      comexample: "a b",
    });
  });
});

describe("writing, the SDK", () => {
  test("truncates the time to milliseconds, or cannot write it", async () => {
    const micro = event({ time: "2018-04-05T17:31:00.123456Z" });
    const body = JSON.parse(String(HTTP.structured(await toCloudEvent(micro)).body));
    expect(body.time).toBe("2018-04-05T17:31:00.123Z");
    const leap = await toCloudEvent(event({ time: "2016-12-31T23:59:60Z" }));
    expect(() => HTTP.structured(leap)).toThrow(RangeError);
    expect(parseEvent(String(encode(micro, "structured").body))).toEqual(micro);
  });

  test("does not encode header values", async () => {
    const other = event({ time: "2018-04-05T17:31:00.123Z", subject: "Euro €", comexample: 5, data: {} });
    expect(HTTP.binary(await toCloudEvent(other)).headers).toMatchObject({
      "ce-subject": "Euro €",
      "ce-comexample": 5,
    });
    expect(encode(other, "binary").headers).toMatchObject({
      "ce-subject": "Euro%20%E2%82%AC",
      "ce-comexample": "5",
    });
  });

  test("sends JSON strings and numbers in binary mode as they are", async () => {
    const time = "2018-04-05T17:31:00.123Z";
    for (const data of ["x", 0]) {
      expect(HTTP.binary(await toCloudEvent(event({ time, data }))).body).toBe(data);
      expect(encode(event({ time, data }), "binary").body).toBe(JSON.stringify(data));
    }
  });

  test("calls bytes without a media type JSON", async () => {
    const untyped = event({ data: new Uint8Array([255]) });
    const { headers } = HTTP.binary(await toCloudEvent(untyped));
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(encode(untyped, "binary").contentType).toBe("");
  });

  test("refuses some leap seconds when it validates, so it is not asked to", async () => {
    const leap = event({ time: "2016-12-31T15:59:60-08:00" });
    expect(() => new CloudEvent(leap as Partial<CloudEvent<unknown>>)).toThrow("invalid payload");
    expect((await toCloudEvent(leap)).time).toBe(leap.time);
  });

  test("cannot hold an extension named schemaurl", async () => {
    await expect(toCloudEvent(event({ schemaurl: "https://example.org" }))).rejects.toThrow(TypeError);
    expect(weRead({ schemaurl: "https://example.org" })).toHaveProperty("schemaurl");
  });
});
