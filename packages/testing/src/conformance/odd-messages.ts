/** Messages with everything that may get lost on the way. */
import type { WireMessage } from "@meshwright/core/adapter";
import { message } from "./messages.js";
import type { Random } from "./random.js";

function randomBody(random: Random): string | Uint8Array {
  const length = random.chance(0.1) ? 0 : random.int(1, 2_000);
  return random.chance(0.5) ? random.text(length) : random.bytes(length);
}

function randomHeaders(random: Random): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let left = random.int(0, 6); left > 0; left--)
    headers[`ce-${random.pick(["time", "subject", "constructor", "x1", "dataschema", "y"])}${left}`] =
      random.text(random.int(0, 40));
  return headers;
}

export function randomMessage(random: Random): WireMessage {
  return message({
    id: `${random.text(random.int(1, 60))}-${random.int(0, 2 ** 40)}`,
    type: random.text(random.int(0, 40)),
    key: random.pick(["", " ", "__proto__", random.text(random.int(1, 40))]),
    contentType: random.pick([
      "application/json;charset=utf-8",
      "",
      'text/plain; x="é"',
      "application/octet-stream",
    ]),
    headers: randomHeaders(random),
    body: randomBody(random),
  });
}

export const edges = (): WireMessage[] => [
  message({ body: "" }),
  message({ body: new Uint8Array(0) }),
  message({ body: new Uint8Array(64), contentType: "application/octet-stream" }),
  message({ body: Uint8Array.from({ length: 256 }, (_, value) => value) }),
  message({ body: '{"time":"2026-11-23T13:57:41.123456Z","n":1e400,"deep":{"é":"\\ud83d\\ude00"}}' }),
  message({
    body: "\ufeffstarts with a byte order mark",
    headers: { "ce-time": "2026-11-23T13:57:41.123456Z" },
  }),
  message({ body: "ends with NUL\u0000", headers: { "ce-subject": "\u0000\t\r\n", "x-empty": "" } }),
  message({ body: "\u2028\u2029😀é", headers: { "x-long": "ü".repeat(5_000) } }),
  // A view into the middle of a larger buffer.
  message({ body: new Uint8Array(Uint8Array.from([9, 9, 1, 2, 3, 9]).buffer, 2, 3) }),
  message({ id: "i".repeat(500), type: "t".repeat(300), key: "k".repeat(500) }),
];
