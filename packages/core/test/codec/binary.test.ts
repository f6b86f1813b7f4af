import { decode, type EncodedEvent, encode, type MeshEvent } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { changed, validEvent } from "./invalid-events.js";
import { binaryMessage } from "./invalid-messages.js";
import { expectRefusal } from "./refusal.js";

const json = { contentType: "application/json", headers: {}, body: "" };

function binary(change: Readonly<Record<string, unknown>>): EncodedEvent {
  return encode(changed(change) as Record<string, unknown> & MeshEvent, "binary");
}

describe("the mode", () => {
  const body = JSON.stringify(changed({ data: { a: 1 } }));
  test.each([
    "application/cloudevents+json",
    "application/cloudevents+json; charset=utf-8",
    "application/cloudevents+json;charset=UTF-8",
    "application/cloudevents+json ; charset=utf-8",
    "Application/CloudEvents+JSON",
    " application/cloudevents+json",
  ])("is structured for the content type %j", (contentType) => {
    const headers = { "ce-id": "passed over", "ce-Bad-Name": "x" };
    const expected = changed({ data: { a: 1 } });
    expect(decode({ contentType, headers, body })).toEqual(expected);
    expect(decode({ contentType, headers, body: new TextEncoder().encode(body) })).toEqual(expected);
  });

  test("is written into the content type", () => {
    const event = changed({ data: { a: 1 } }) as Record<string, unknown> & MeshEvent;
    expect(encode(event, "structured")).toEqual({
      contentType: "application/cloudevents+json",
      headers: {},
      body,
    });
  });
});

describe("headers", () => {
  test("carry every attribute but the media type", () => {
    const { contentType, headers, body } = binary({
      subject: null,
      time: "2018-04-05T03:56:24.123456Z",
      dataschema: undefined,
      datacontenttype: "text/plain",
      comexampleint: -5,
      comexamplebool: false,
      comexamplenull: null,
      data: "x",
    });
    expect({ contentType, body }).toEqual({ contentType: "text/plain", body: "x" });
    expect(headers).toEqual({
      "ce-specversion": "1.0",
      "ce-id": "A234-1234-1234",
      "ce-source": "https://github.com/cloudevents/spec/pull",
      "ce-type": "com.github.pull_request.opened",
      "ce-time": "2018-04-05T03:56:24.123456Z",
      "ce-comexampleint": "-5",
      "ce-comexamplebool": "false",
    });
  });

  test.each([
    ["Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"],
    ['say "hi"', "say%20%22hi%22"],
    ["100%", "100%25"],
    ["%20", "%2520"],
    ["a+b&c=d;e,f'g(h)*!~`{|}^[]<>\\/?#@:$", "a+b&c=d;e,f'g(h)*!~`{|}^[]<>\\/?#@:$"],
    ["\u00a0\ufeff", "%C2%A0%EF%BB%BF"],
    ["é", "%C3%A9"],
    ["\ufeffmark", "%EF%BB%BFmark"],
  ])("encode %j as %j, and back", (subject, value) => {
    expect(binary({ subject }).headers["ce-subject"]).toBe(value);
    expect(decode(binaryMessage({ headers: { "ce-subject": value } })).subject).toBe(subject);
  });

  test.each([
    ["%e2%82%ac", "€"],
    ["%41%2D%7e", "A-~"],
    ["%2541", "%41"],
    ["with blank", "with blank"],
    ["ünencoded €", "ünencoded €"],
    ["50%", "50%"],
    ["%zz%4", "%zz%4"],
    ["a%2", "a%2"],
    ['"quoted text"', "quoted text"],
    ['"a \\"b\\" \\\\c"', 'a "b" \\c'],
    ['"%22"', '"'],
    ['"unfinished', '"unfinished'],
    ['"a"b', '"a"b'],
    ['"a\\"', '"a\\"'],
    ['a"b"', 'a"b"'],
  ])("are read tolerantly: %j is %j", (value, subject) => {
    expect(decode(binaryMessage({ headers: { "ce-subject": value } })).subject).toBe(subject);
  });

  test("may be of any letter case, and others are passed over", () => {
    const headers = {
      "Ce-Subject": "s",
      "CE-TIME": "2018-04-05T03:56:24Z",
      Host: "x",
      "x-ce-id": "y",
      ce: "z",
    };
    expect(decode(binaryMessage({ headers }))).toEqual(
      changed({ subject: "s", time: "2018-04-05T03:56:24Z" }),
    );
  });

  test("give text for every extension, as their type is not written", () => {
    const back = decode(binary({ comexampleint: 5, comexamplebool: true, comexampletext: "" }));
    expect(back).toEqual(changed({ comexampleint: "5", comexamplebool: "true", comexampletext: "" }));
  });
});

describe("the body", () => {
  test.each([0, false, null, "", "text", { a: "ü" }, []])("is JSON for a JSON media type: %j", (data) => {
    for (const datacontenttype of ["application/json", "application/json;charset=utf-8", "x/y+json"]) {
      const message = binary({ data, datacontenttype });
      expect(message).toMatchObject({ contentType: datacontenttype, body: JSON.stringify(data) });
      expect(decode(message)).toEqual(changed({ data, datacontenttype }));
      const bytes = new TextEncoder().encode(String(message.body));
      expect(decode({ ...message, body: bytes })).toEqual(changed({ data, datacontenttype }));
    }
  });

  test("names the media type that JSON data without one implies", () => {
    expect(binary({ data: "I'm just a string" })).toMatchObject({
      contentType: "application/json",
      body: '"I\'m just a string"',
    });
  });

  test.each([
    "text/plain",
    "TEXT/csv",
    "text/plain;charset=utf-8",
    'text/plain; charset="US-ASCII"',
    "text/x; a=b",
  ])("is a string for %s", (datacontenttype) => {
    for (const data of ["", "grün 😀", "\ufeffwith a byte order mark", "[]"]) {
      const message = binary({ data, datacontenttype });
      expect(message.body).toBe(data);
      expect(decode(message).data).toBe(data);
      expect(decode({ ...message, body: new TextEncoder().encode(data) }).data).toBe(data);
    }
  });

  test.each(["application/octet-stream", "application/xml", "image/png", "text/plain; charset=iso-8859-1"])(
    "is bytes for %s",
    (datacontenttype) => {
      const data = Uint8Array.from({ length: 256 }, (_, i) => i);
      expect(binary({ data, datacontenttype }).body).toBe(data);
      expect(decode(binary({ data, datacontenttype }))).toEqual(changed({ data, datacontenttype }));
      const back = decode({ ...binary({ datacontenttype }), body: Buffer.from(data) }).data;
      expect(Object.getPrototypeOf(back)).toBe(Uint8Array.prototype);
      expect(back).toEqual(data);
    },
  );

  test("is bytes without a media type", () => {
    const data = new Uint8Array([0, 255]);
    expect(binary({ data }).contentType).toBe("");
    expect(decode(binary({ data }))).toEqual(changed({ data }));
  });

  test("is text as UTF-8 for a media type that is neither JSON nor text", () => {
    const message = binary({ datacontenttype: "application/xml", data: "<ü/>" });
    expect(message.body).toBe("<ü/>");
    expect(decode(message).data).toEqual(new TextEncoder().encode("<ü/>"));
  });

  test("that is empty is absent data where it can be nothing else", () => {
    for (const body of ["", new Uint8Array()]) {
      expect(decode(binaryMessage({ body }))).toEqual(validEvent);
      expect("data" in decode(binaryMessage({ contentType: "application/json", body }))).toBe(false);
      expect(decode(binaryMessage({ contentType: "text/plain", body })).data).toBe("");
      expect(decode(binaryMessage({ contentType: "image/png", body })).data).toEqual(new Uint8Array());
    }
    expect(binary({})).toEqual({ ...json, contentType: "", headers: binaryMessage({}).headers });
    expect(decode(binary({ datacontenttype: "application/json" }))).toEqual(
      changed({ datacontenttype: "application/json" }),
    );
  });

  test("cannot be text that is not UTF-8", () => {
    const refusal = { code: "EVENT_DATA_INVALID", path: "/data" } as const;
    expectRefusal(() => binary({ datacontenttype: "text/plain", data: "a\ud800" }), {
      ...refusal,
      reason: "has a lone surrogate, which UTF-8 cannot express",
    });
    expectRefusal(() => binary({ datacontenttype: "text/plain; charset=iso-8859-1", data: "ü" }), {
      ...refusal,
      reason: "text in a charset other than UTF-8 must be given as bytes",
    });
  });

  test("cannot be what toJSON makes nothing of", () => {
    expectRefusal(() => binary({ data: { toJSON: () => undefined } }), {
      code: "EVENT_DATA_INVALID",
      path: "/data",
      reason: "its toJSON returns nothing",
    });
  });

  test("keeps a lone surrogate of JSON data, as JSON can spell it", () => {
    expect(decode(binary({ data: "a\ud800" })).data).toBe("a\ud800");
  });
});

test("an invalid event is not encoded in either mode", () => {
  const event = changed({ id: "" }) as Record<string, unknown> & MeshEvent;
  for (const mode of ["structured", "binary"] as const) {
    expectRefusal(() => encode(event, mode), {
      code: "EVENT_ATTRIBUTE_INVALID",
      path: "/id",
      reason: "must not be empty",
    });
  }
});
