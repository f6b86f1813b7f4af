/** Events with everything that may get lost on the way. */
import type { MeshEvent } from "@meshwright/core";
import type { Random } from "../conformance/random.js";
import { event } from "./stream-events.js";

const mebibyte = 2 ** 20;
const binary = "application/octet-stream";

const data: readonly unknown[] = [
  undefined,
  null,
  false,
  0,
  "",
  [],
  {},
  [0.1, 1e21, -1.5e-300, 2 ** 53 - 1, Number.MAX_VALUE, 5e-324],
  { z: 1, a: { é: "\u2028\u2029" }, "": [null, [[]]], "\u0000": "NUL\u0000", constructor: 1 },
  '\ufeff"\\\r\n\t',
  "😀e\u0301é日本\ud7ff\ue000\u{10ffff}\uffff",
  "x".repeat(mebibyte),
  "日".repeat(100_000),
];

export function edgeEvents(): MeshEvent[] {
  return [
    ...data.map((one) => event({ data: one })),
    event({ data: Uint8Array.from({ length: 256 }, (_, value) => value), datacontenttype: binary }),
    event({ data: new Uint8Array(0), datacontenttype: binary }),
    // A view into the middle of a larger buffer.
    event({ data: new Uint8Array(Uint8Array.from([9, 0, 1, 0, 9]).buffer, 1, 3) }),
    event({ data: new Uint8Array(mebibyte).fill(255), datacontenttype: binary }),
    event({ data: "<a>ü</a>", datacontenttype: 'text/xml; charset="utf-8"' }),
    event({
      id: "i".repeat(500),
      type: "t".repeat(300),
      source: "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
      subject: "ü😀'\"\\%_",
      time: "2026-11-23T13:57:41.123456789+05:30",
      datacontenttype: "application/json;charset=utf-8",
      dataschema: "https://example.com/schema#/definitions/a",
      correlationid: "c",
      causationid: "d",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "a=1,b=2",
      partitionkey: "p",
      expirytime: "2099-01-01T00:00:00Z",
      dataref: "../there?a=%00",
      text: "",
      number: -(2 ** 31),
      yes: true,
      no: false,
      stream: "another",
      position: 0,
      version: "0",
    }),
  ];
}

/** Random events from all over Unicode. */
export function randomEvents(random: Random, count: number): MeshEvent[] {
  return Array.from({ length: count }, (_, index) =>
    event({
      id: `${index}-${attribute(random)}`,
      type: `t${attribute(random)}`,
      subject: `s${attribute(random)}`,
      extension: attribute(random),
      data: random.chance(0.3)
        ? random.bytes(random.int(0, 500))
        : { [random.text(5)]: random.text(random.int(0, 500)), number: random.next() },
    }),
  );
}

/** CloudEvents allows all but these in attributes. */
function attribute(random: Random): string {
  return random.text(random.int(0, 40)).replace(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, "x");
}
