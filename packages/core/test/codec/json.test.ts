import {
  formatBatch,
  formatEvent,
  InvalidEventError,
  type MeshEvent,
  parseBatch,
  parseEvent,
} from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { changed, validEvent } from "./invalid-events.js";
import { caught, expectRefusal } from "./refusal.js";

function parsed(change: Readonly<Record<string, unknown>>): MeshEvent {
  return parseEvent(JSON.stringify(changed(change)));
}

function event(change: Readonly<Record<string, unknown>>): MeshEvent {
  return changed(change) as Record<string, unknown> & MeshEvent;
}

/** Values that are valid, if unusual. Each comes back as it is, through text and bytes. */
const valid: Readonly<Record<string, readonly unknown[]>> = {
  id: [" ", "1", "ä", "日本語", "👩‍🚀", "\u00a0", "a".repeat(10_000), "0"],
  source: [
    "#fragment",
    "?query",
    "/",
    "//host",
    "//authority/path",
    "1-555-123-4567",
    "..",
    "a/b:c",
    "./a:b",
    "mailto:cncf-wg-serverless@lists.cncf.io",
    "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
    "https://user:pa%20ss@example.org:8443/a/b;c=1,d/%E2%82%AC?x=y&z=/?#top/?",
    "http://[2001:db8::7]:80/c=GB?one",
    "http://[::ffff:192.0.2.1]/",
    "http://[v1.fe80::a+en1]",
    "http://example.org:/",
    "file:///etc/hosts",
    "x:",
    "tel:+1-816-555-1212",
    "a+b-c.d:x",
    "a//b",
    "/a//b",
  ],
  type: ["x", "com.github.pull_request.opened", "mit Leerzeichen", "✓"],
  subject: ["pkg:golang/mygit.com/myorg/myapp@234fd47e07d1004f0aed9c", "a b", "€ 😀"],
  time: [
    "2018-04-05T17:31:00Z",
    "2018-04-05T17:31:00.000000000Z",
    "2023-03-20T14:27:05.315384Z",
    "2018-04-05T18:31:00.1+01:00",
    "2018-04-05T16:31:00-01:00",
    "2018-04-05t17:31:00z",
    "2018-04-05T17:31:00-00:00",
    "2018-04-05T17:31:00+23:59",
    "0000-02-29T00:00:00Z",
    "2000-02-29T00:00:00Z",
    "2020-02-29T23:59:59.999999999999Z",
    "2016-12-31T23:59:60Z",
    "2016-12-31T23:59:60.5Z",
    "2017-01-01T00:59:60+01:00",
    "2016-12-31T15:59:60-08:00",
    "2017-01-01T05:29:60+05:30",
    "9999-12-31T23:59:59Z",
  ],
  datacontenttype: [
    "application/json",
    "APPLICATION/JSON",
    "application/json;charset=utf-8",
    "application/json; charset=utf-8",
    'text/plain; charset="utf-8"; format=flowed',
    'a/b ; c="\\"; d=\\\\"',
    "application/vnd.acme.build+json",
    "x-a/x-b",
    "multipart/form-data; boundary=----x",
  ],
  dataschema: ["https://example.org/schema.json", "urn:x:y", "https://example.org/s#/definitions/a", "x:"],
  correlationid: ["1"],
  causationid: ["1"],
  partitionkey: ["a b"],
  expirytime: ["2030-01-01T00:00:00.123456Z"],
  dataref: ["https://example.org/blob/1", "/blob/1"],
  traceparent: ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "not a trace", ""],
  tracestate: ["", "rojo=00f067aa0ba902b7"],
  comexampleext: ["", "text", true, false, 0, 1, -1, 2_147_483_647, -2_147_483_648, "TWE=", "\u{1fffd}"],
  "1": ["a name may begin with a digit"],
  anextensionofmorethantwentycharacters: ["the specification only advises against it"],
  constructor: ["x"],
  tostring: ["x"],
};

describe.each(Object.entries(valid).map(([name, values]) => ({ name, values })))(
  "$name",
  ({ name, values }) => {
    test.each(values)("may be %j", (value) => {
      const text = JSON.stringify(changed({ [name]: value }));
      expect(parseEvent(text)).toEqual(JSON.parse(text));
      expect(parseEvent(new TextEncoder().encode(text))).toEqual(JSON.parse(text));
      expect(formatEvent(parseEvent(text))).toBe(text);
    });
  },
);

describe("attributes", () => {
  test("that are null are absent", () => {
    const unset = { subject: null, time: null, datacontenttype: null, dataschema: null, comexample: null };
    expect(parsed(unset)).toEqual(validEvent);
    expect(parsed({ ...unset, data: null })).toEqual({ ...validEvent, data: null });
  });

  test("that are undefined are not written", () => {
    const text = formatEvent({ ...event({ data: 1 }), subject: undefined } as unknown as MeshEvent);
    expect(JSON.parse(text)).toEqual({ ...validEvent, data: 1 });
  });

  test("given twice: the last one counts and is the one checked", () => {
    const twice = (first: string, second: string) =>
      `{"specversion":"1.0","type":"t","source":"/s","id":${first},"id":${second}}`;
    expect(parseEvent(twice('""', '"2"')).id).toBe("2");
    expectRefusal(() => parseEvent(twice('"1"', '""')), {
      code: "EVENT_ATTRIBUTE_INVALID",
      path: "/id",
      reason: "must not be empty",
    });
  });
});

describe("data", () => {
  test.each([
    0,
    -0.5,
    1e300,
    false,
    true,
    null,
    "",
    "text",
    '{"not":"decoded twice"}',
    [],
    [null],
    {},
    { a: [{}] },
  ])("%j stays what it is", (data) => {
    for (const datacontenttype of [undefined, "application/json", "x/y+json; charset=utf-8", "TEXT/JSON"]) {
      const back = parsed({ data, datacontenttype });
      expect(back).toEqual(changed({ data, datacontenttype }));
      expect(JSON.parse(formatEvent(back))).toEqual(changed({ data, datacontenttype }));
    }
  });

  test("that is absent stays absent, with and without a media type", () => {
    expect("data" in parsed({})).toBe(false);
    expect("data" in parsed({ datacontenttype: "application/json" })).toBe(false);
    expect(formatEvent(event({}))).toBe(JSON.stringify(validEvent));
  });

  test("of another media type is a string", () => {
    const xml = { datacontenttype: "application/xml", data: '<much wow="xml"/>' };
    expect(parsed(xml)).toEqual(changed(xml));
    expect(JSON.parse(formatEvent(event(xml)))).toEqual(changed(xml));
  });

  test("in Base64 is bytes of their own, and the other way round", () => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    const text = JSON.stringify(changed({ data_base64: Buffer.from(every).toString("base64") }));
    const { data } = parseEvent(text);
    expect(data).toEqual(every);
    expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
    expect((data as Uint8Array).buffer.byteLength).toBe(256);
    expect(formatEvent(parseEvent(text))).toBe(text);
  });

  test.each([0, 1, 2, 3, 1_000_001])("of %d bytes comes back byte for byte", (length) => {
    const data = Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) % 256);
    const back = parseEvent(formatEvent(event({ data }))).data;
    expect(Buffer.compare(back as Uint8Array, data)).toBe(0);
  });

  test("that is a Buffer, or a part of a larger array, is its bytes alone", () => {
    const part = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
    expect(JSON.parse(formatEvent(event({ data: part })))["data_base64"]).toBe("AQI=");
    expect(JSON.parse(formatEvent(event({ data: Buffer.from("AQI=", "base64") })))["data_base64"]).toBe(
      "AQI=",
    );
  });

  const inexpressible = [
    () => 1,
    Symbol("x"),
    1n,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    new Uint16Array(1),
    new ArrayBuffer(1),
  ];
  test.each(inexpressible)("that JSON cannot express is refused: %o", (data) => {
    expectRefusal(() => formatEvent(event({ data })), {
      code: "EVENT_DATA_INVALID",
      path: "/data",
      reason: "is nothing that JSON can express",
    });
  });

  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  test.each([[cycle], [{ deep: [1n] }], [nested(200_000)]])(
    "that cannot be serialized is refused, case %#",
    (data) => {
      const run = () => formatEvent(event({ data }));
      expectRefusal(run, {
        code: "EVENT_DATA_INVALID",
        path: "/data",
        reason: "cannot be written as JSON: it has a cycle, a bigint, or is nested too deeply",
      });
      expect((caught(run) as Error).cause).toBeInstanceOf(Error);
    },
  );
});

describe("an attack", () => {
  test("by nesting is read or refused, never a crash", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    expect(parseEvent(JSON.stringify(changed({})).replace("}", `,"data":${deep}}`)).id).toBe(
      validEvent["id"],
    );
    expect(caught(() => parseEvent("[".repeat(200_000)))).toBeInstanceOf(InvalidEventError);
  });

  test("by __proto__ pollutes nothing", () => {
    const text = `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"__proto__":{"polluted":true}}}`;
    const { data } = parseEvent(text);
    expect(Object.hasOwn(data as object, "__proto__")).toBe(true);
    expect((data as { polluted?: boolean }).polluted).toBeUndefined();
    expect(formatEvent(parseEvent(text))).toBe(text);
    const asAttribute = JSON.stringify(validEvent).replace("{", '{"__proto__":{"id":"2"},"subject":null,');
    expectRefusal(() => parseEvent(asAttribute), {
      code: "EVENT_ATTRIBUTE_NAME_INVALID",
      path: "/__proto__",
      reason: "attribute names are lower-case letters and digits only, and never data",
    });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("by many different sources leaves the verdicts right", () => {
    for (let i = 0; i < 3_000; i++) {
      expect(parsed({ source: `/s/${i}` }).source).toBe(`/s/${i}`);
      expect(() => parsed({ source: `/ s/${i}` })).toThrow(InvalidEventError);
    }
  });

  test("by a long source takes no long time", () => {
    const long = "a".repeat(200_000);
    for (const source of [
      `//${long}@${long}@`,
      `${long}:%`,
      `//[${":".repeat(100_000)}`,
      `${"/a".repeat(100_000)} `,
    ]) {
      expect(() => parsed({ source })).toThrow(InvalidEventError);
    }
    for (const datacontenttype of [`a/b${" ".repeat(100_000)}x`, `a/b;c="${"\\a".repeat(100_000)}`]) {
      expect(() => parsed({ datacontenttype })).toThrow(InvalidEventError);
    }
  });
});

describe("a batch", () => {
  test("keeps its events and their order", () => {
    const events = [event({ data: 0 }), event({ id: "2", data: new Uint8Array([1, 2]) }), event({ id: "3" })];
    expect(parseBatch(formatBatch(events))).toEqual(events);
    expect(parseBatch(new TextEncoder().encode(formatBatch(events)))).toEqual(events);
  });

  test("may be empty", () => {
    expect(formatBatch([])).toBe("[]");
    expect(parseBatch(" [] ")).toEqual([]);
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
