import type { MeshEvent } from "@meshwright/core";
import fc from "fast-check";

/** A string that CloudEvents allows as an attribute's value. */
const text = fc
  .string({ unit: "binary", maxLength: 30 })
  .map((value) => value.replace(/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu, "·"));
const nonEmptyText = text.map((value) => value || "x");

const uriReference = fc.oneof(
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.webPath().map((path) => path || "/"),
  fc.uuid().map((uuid) => `urn:uuid:${uuid}`),
);

const timestamp = fc
  .tuple(
    fc.date({
      min: new Date("0000-01-01T00:00:00Z"),
      max: new Date("9999-12-31T23:59:59Z"),
      noInvalidDate: true,
    }),
    fc.option(fc.nat(999_999_999), { nil: undefined }),
    fc.constantFrom("Z", "z", "+00:00", "-00:00", "+05:30", "-23:59"),
  )
  .map(([date, fraction, offset]) => {
    const seconds = date.toISOString().slice(0, 19);
    return fraction === undefined ? seconds + offset : `${seconds}.${fraction}${offset}`;
  });

const coreNames = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "datacontenttype",
  "dataschema",
]);
const checkedNames = new Set(["correlationid", "causationid", "partitionkey", "expirytime", "dataref"]);
const extensionName = fc
  .stringMatching(/^[a-z0-9]{1,20}$/)
  .filter((name) => name !== "data" && !coreNames.has(name) && !checkedNames.has(name));
const extensionValue = fc.oneof(text, fc.boolean(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));

/** JSON data. Minus zero is left out: JSON.stringify writes it as 0. */
const json = fc.jsonValue({ maxDepth: 3 }).map((value): unknown => JSON.parse(JSON.stringify(value)));
const jsonType = fc.constantFrom("application/json", "application/json; charset=utf-8", "x/y+JSON");
const wellFormedText = fc.string({ unit: "grapheme" });
const bytes = fc.uint8Array({ maxLength: 64 });

type Body = { readonly datacontenttype?: string; readonly data?: unknown };

/** Data that both modes bring back as it was. */
const stableBody: fc.Arbitrary<Body> = fc.oneof(
  fc.constant({}),
  jsonType.map((datacontenttype) => ({ datacontenttype })),
  fc.record({ datacontenttype: jsonType, data: json }),
  fc.record({
    datacontenttype: fc.constantFrom("text/plain", "text/csv;charset=utf-8"),
    data: wellFormedText,
  }),
  fc.record({ datacontenttype: fc.constantFrom("image/png", "text/plain; charset=latin1"), data: bytes }),
);

/** Data that structured mode alone brings back as it was. */
const structuredBody: fc.Arbitrary<Body> = fc.oneof(
  stableBody,
  json.map((data) => ({ data })),
  bytes.map((data) => ({ data })),
  fc.record({ datacontenttype: fc.constantFrom("application/json", "text/plain"), data: bytes }),
  fc.record({ datacontenttype: fc.constant("application/xml"), data: fc.string({ unit: "binary" }) }),
);

function event(body: fc.Arbitrary<Body>, extension: fc.Arbitrary<unknown>): fc.Arbitrary<MeshEvent> {
  const attributes = fc.record(
    {
      specversion: fc.constant("1.0" as const),
      id: nonEmptyText,
      source: uriReference,
      type: nonEmptyText,
      subject: nonEmptyText,
      time: timestamp,
      dataschema: fc.webUrl(),
      correlationid: nonEmptyText,
      causationid: nonEmptyText,
      partitionkey: nonEmptyText,
      expirytime: timestamp,
      dataref: uriReference,
    },
    { requiredKeys: ["specversion", "id", "source", "type"] },
  );
  return fc
    .tuple(fc.dictionary(extensionName, extension, { maxKeys: 4, noNullPrototype: true }), attributes, body)
    .map((parts) => Object.assign({}, ...parts) as MeshEvent);
}

/** Any valid event, as structured mode keeps it. */
export const anyEvent: fc.Arbitrary<MeshEvent> = event(structuredBody, extensionValue);

/** Any valid event that binary mode keeps as it is too. */
export const binaryEvent: fc.Arbitrary<MeshEvent> = event(stableBody, text);
