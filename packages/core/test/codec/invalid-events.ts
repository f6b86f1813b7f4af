import type { EventErrorCode } from "../../src/event/codes.js";

/** What a refusal has to say. */
export interface Refusal {
  readonly code: EventErrorCode;
  readonly path: string;
  readonly reason: string;
}

/** A valid event with some members changed; undefined takes a member away. */
export interface InvalidEventCase extends Refusal {
  readonly why: string;
  readonly change: Readonly<Record<string, unknown>>;
}

export const validEvent: Readonly<Record<string, unknown>> = {
  specversion: "1.0",
  id: "A234-1234-1234",
  source: "https://github.com/cloudevents/spec/pull",
  type: "com.github.pull_request.opened",
};

export function changed(change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const members = Object.entries({ ...validEvent, ...change });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

const notText = "must be a string";
const empty = "must not be empty";
const badCharacter = "has a control character, a lone surrogate or a noncharacter";
const noTimestamp = "is no RFC 3339 timestamp";
const noUriReference = "is no RFC 3986 URI-reference";
const noUri = "is no absolute RFC 3986 URI";
const noMediaType = "is no RFC 2046 media type";
const noVersion = 'must be "1.0", the only version read here';
const noExtension = "must be a string, a boolean or a 32-bit integer";
const badName = "attribute names are lower-case letters and digits only, and never data";

function attribute(name: string, reason: string, values: readonly unknown[]): InvalidEventCase[] {
  return values.map((value) => ({
    why: `${name} is ${JSON.stringify(value)}`,
    change: { [name]: value },
    code: "EVENT_ATTRIBUTE_INVALID",
    path: `/${name}`,
    reason,
  }));
}

function missing(name: string): InvalidEventCase[] {
  const refusal = { code: "EVENT_ATTRIBUTE_MISSING", path: `/${name}`, reason: "is required" } as const;
  return [
    { why: `${name} is absent`, change: { [name]: undefined }, ...refusal },
    { why: `${name} is null, which means absent`, change: { [name]: null }, ...refusal },
  ];
}

function named(name: string, path: string, value: unknown = "x"): InvalidEventCase {
  const refusal = { code: "EVENT_ATTRIBUTE_NAME_INVALID", path, reason: badName } as const;
  return { why: `an attribute is named ${JSON.stringify(name)}`, change: { [name]: value }, ...refusal };
}

const noStrings = [25, 1.5, true, { xyz: "abc" }, ["x"]];
const badTexts = [
  "a\u0000b",
  "line\nbreak",
  "tab\t",
  "\u001f",
  "\u007f",
  "\u0080",
  "a\u009f",
  "\ud800",
  "x\udc00y",
  "\udead",
  "\udc00\ud800",
  "\ufdd0",
  "\ufdef",
  "\ufffe",
  "\uffff",
  "\u{1fffe}",
  "é\u{10ffff}",
];

/** CloudEvents 1.0.2, "Required Attributes", "Optional Attributes", "Type System", "Naming Conventions". */
export const invalidAttributes: readonly InvalidEventCase[] = [
  ...["specversion", "id", "source", "type"].flatMap(missing),

  ...attribute("specversion", noVersion, [
    "",
    "0.3",
    "0.9",
    "1.1",
    "1",
    "1.0.2",
    "v1.0",
    " 1.0",
    1,
    1.5,
    true,
    {},
  ]),

  ...["id", "type", "subject", "correlationid", "causationid", "partitionkey"].flatMap((name) => [
    ...attribute(name, empty, [""]),
    ...attribute(name, notText, noStrings),
    ...attribute(name, badCharacter, badTexts),
  ]),

  ...["source", "dataref"].flatMap((name) => [
    ...attribute(name, empty, [""]),
    ...attribute(name, notText, noStrings),
    ...attribute(name, noUriReference, [
      "with blank",
      "/café",
      "<brackets>",
      '"quoted"',
      "back\\slash",
      "{braces}",
      "a|b",
      "a^b",
      "a`b",
      "100%",
      "%zz",
      "%2",
      "#one#two",
      "1scheme:no",
      ":no-scheme",
      "a_b:c",
      "//[::1",
      "//[zone%25eth0]",
      "//[::1%25eth0]/",
      "//[1.2.3.4]",
      "//[:::]",
      "//[v.x]",
      "//host:port",
      "//a@b@c",
      "http://[gggg::1]/",
      "new\nline",
      "\ud800",
    ]),
  ]),

  ...attribute("dataschema", empty, [""]),
  ...attribute("dataschema", notText, noStrings),
  ...attribute("dataschema", noUri, [
    "schema.json",
    "/schemas/1",
    "//host/schema",
    "#fragment",
    "?query",
    "http://a b",
    "1http://x",
    "http://[::z]",
  ]),

  ...["time", "expirytime"].flatMap((name) => [
    ...attribute(name, notText, [1_522_949_460, true, {}, []]),
    ...attribute(name, noTimestamp, [
      "",
      "lunchtime",
      "2018-04-05",
      "17:31:00Z",
      "2018-04-05T18:31Z",
      "2018-04-05T18:31:00",
      "2018-04-05T18:31:00X",
      "2018-04-05 18:31:00Z",
      "2018-04-05T18:31:00+25:00",
      "2018-04-05T18:31:00+24:00",
      "2018-04-05T18:31:00+01:60",
      "2018-04-05T18:31:00+xx:00",
      "2018-04-05T18:31:00+05",
      "2018-04-05T18:31:00+0500",
      "2018-04-05T18:31:00.Z",
      "2018-04-05T18:31:00,5Z",
      "2018-4-5T18:31:00Z",
      "18-04-05T18:31:00Z",
      "12018-04-05T18:31:00Z",
      "2018-00-05T18:31:00Z",
      "2018-13-05T18:31:00Z",
      "2018-04-00T18:31:00Z",
      "2018-04-31T18:31:00Z",
      "2018-06-31T18:31:00Z",
      "2018-09-31T18:31:00Z",
      "2018-11-31T18:31:00Z",
      "2018-01-32T18:31:00Z",
      "2018-02-29T18:31:00Z",
      "1900-02-29T18:31:00Z",
      "2020-02-30T18:31:00Z",
      "2018-04-05T24:00:00Z",
      "2018-04-05T18:60:00Z",
      "2018-04-05T18:31:61Z",
      "2018-04-05T18:31:60Z",
      "2016-12-31T23:59:60+01:00",
      " 2018-04-05T18:31:00Z",
      "2018-04-05T18:31:00Z\n",
      "２018-04-05T18:31:00Z",
    ]),
  ]),

  ...attribute("datacontenttype", notText, noStrings),
  ...attribute("datacontenttype", noMediaType, [
    "",
    "xyz",
    "json",
    "/json",
    "application/",
    "application/json/x",
    "application /json",
    "application/ json",
    " application/json",
    "application/json ",
    "application/json;",
    "application/json; charset",
    "application/json; charset=",
    "application/json; =utf-8",
    "application/json charset=utf-8",
    'text/plain; charset="utf-8',
    'text/plain; charset="utf"8"',
    "text/plain; name=a(b)",
    "text/plain; name=é",
    "text/plain\r\nx: y",
    "text/[plain]",
    "text/pl@in",
  ]),

  ...attribute("comexampleext", noExtension, [
    1.5,
    -0.5,
    2_147_483_648,
    -2_147_483_649,
    1e21,
    {},
    { a: 1 },
    [],
    [1],
  ]),
  ...attribute("comexampleext", badCharacter, badTexts),
  ...attribute("traceparent", noExtension, [1.5, {}]),
  ...attribute("traceparent", badCharacter, ["00-\n"]),

  named("MyExtension", "/MyExtension"),
  named("my.extension", "/my.extension"),
  named("my.extension", "/my.extension", 1.5),
  named("my-extension", "/my-extension"),
  named("my_extension", "/my_extension"),
  named("data_base", "/data_base"),
  named("DATA", "/DATA"),
  named("specVersion", "/specVersion"),
  named("Null", "/Null", null),
  named("a/b~c", "/a~1b~0c"),
  named("größe", ""),
  named("with blank", ""),
  named("", ""),
  named("line\nbreak", ""),
  named(`${"x".repeat(41)}-`, ""),
  named("constructor.x", "/constructor.x"),
];

const ambiguous = {
  code: "EVENT_DATA_AMBIGUOUS",
  path: "/data_base64",
  reason: "there must not be both data and data_base64",
} as const;
const notBase64 = {
  code: "EVENT_BASE64_INVALID",
  path: "/data_base64",
  reason: "is not padded standard Base64",
} as const;

/** JSON format 1.0.2, section 3.1. */
export const invalidData: readonly InvalidEventCase[] = [
  {
    why: "data and data_base64",
    change: { data: "text", data_base64: "eyAieHl6IjogMTIzIH0=" },
    ...ambiguous,
  },
  { why: "data null and data_base64", change: { data: null, data_base64: "AA==" }, ...ambiguous },
  { why: "data and data_base64 null", change: { data: 1, data_base64: null }, ...ambiguous },
  ...[5, true, null, {}, ["AA=="]].map((value) => ({
    why: `data_base64 is ${JSON.stringify(value)}`,
    change: { data_base64: value },
    code: "EVENT_BASE64_INVALID" as const,
    path: "/data_base64",
    reason: "must be a string",
  })),
  ...[
    "A",
    "AA",
    "AAA",
    "AA=",
    "AAAA=",
    "====",
    "AA==AA==",
    "A===",
    "AB==",
    "AAB=",
    "-_-_",
    "AA\n==",
    " AAAA",
    "AAAA ",
    "ÄÄÄÄ",
  ].map((value) => ({
    why: `data_base64 is ${JSON.stringify(value)}`,
    change: { data_base64: value },
    ...notBase64,
  })),
  ...[0, false, null, {}, [], 1.5].map((data) => ({
    why: `data ${JSON.stringify(data)} is declared to be text`,
    change: { datacontenttype: "text/plain", data },
    code: "EVENT_DATA_INVALID" as const,
    path: "/data",
    reason: "must be a string or bytes, as datacontenttype is not JSON",
  })),
];

/** JSON format 1.0.2, sections 3 and 4; RFC 8259 for the text itself. */
export const invalidTexts: readonly (Refusal & {
  readonly why: string;
  readonly text: string | Uint8Array;
})[] = [
  ...[
    ["truncated", '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"secret":'],
    ["cut within a string", '{"specversion":"1.0","id":"secret'],
    ["trailing text", '{"specversion":"1.0","id":"1","source":"/s","type":"t"}secret'],
    ["trailing comma", '{"specversion":"1.0","id":"secret",}'],
    ["single quotes", "{'id':'secret'}"],
    ["a control character in a string", '{"id":"secret\n"}'],
    ["a number JSON has not", '{"secret":NaN}'],
    ["a comment", '{"id":1/*secret*/}'],
  ].map(([why, text]) => ({
    why: why ?? "",
    text: text ?? "",
    code: "EVENT_JSON_INVALID" as const,
    path: "",
    reason: "the text is not JSON, or not all of it",
  })),
  {
    why: "nothing",
    text: "",
    code: "EVENT_JSON_INVALID",
    path: "",
    reason: "there is nothing where JSON should be",
  },
  ...["\ufeff{}", new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])].map((text) => ({
    why: `a byte order mark, as ${typeof text}`,
    text,
    code: "EVENT_JSON_INVALID" as const,
    path: "",
    reason: "the text begins with a byte order mark, which JSON must not have",
  })),
  ...[
    ["a lone continuation byte", [0x22, 0x80, 0x22]],
    ["an overlong blank", [0x22, 0xc0, 0xa0, 0x22]],
    ["an encoded surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["a code point past the last", [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ["a cut sequence", [0x22, 0xe2, 0x82]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00]],
  ].map(([why, bytes]) => ({
    why: String(why),
    text: new Uint8Array(bytes as number[]),
    code: "EVENT_UTF8_INVALID" as const,
    path: "",
    reason: "the bytes are not UTF-8",
  })),
  ...["null", "true", "5", '"text"', "[]", '[{"specversion":"1.0"}]'].map((text) => ({
    why: `${text} is no object`,
    text,
    code: "EVENT_NOT_OBJECT" as const,
    path: "",
    reason: "an event is an object",
  })),
];
