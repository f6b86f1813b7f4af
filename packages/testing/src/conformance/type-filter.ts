import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";
import { ackAll } from "./member.js";
import { assertRefused, ids, message } from "./messages.js";

const types = [
  "com.acme.scan.finished.v1",
  "com.acme.scan.finished.v2",
  "com.acme.scan.started.v1",
  "com.acme.scanner.finished.v1",
  "com-acme.scan.finished.v1",
  "org.example.build[1].done",
  "org.example.build1.done",
  "100%_done",
  "1000_done",
  "",
];

/** Patterns and the types they stand for. Only `*` means anything: no dot, bracket, percent or underscore does. */
const patterns: readonly (readonly [string, readonly string[]])[] = [
  ["com.acme.scan.finished.v1", ["com.acme.scan.finished.v1"]],
  ["com.acme.scan.*", types.slice(0, 3)],
  [
    "com.acme.*.v1",
    ["com.acme.scan.finished.v1", "com.acme.scan.started.v1", "com.acme.scanner.finished.v1"],
  ],
  ["*finished*", [0, 1, 3, 4].map((at) => types[at] ?? "")],
  ["org.example.build[1].*", ["org.example.build[1].done"]],
  ["100%_*", ["100%_done"]],
  ["*", types],
];

export const typeFilter: Guarantee = {
  id: "types",
  promise: "a group asks for types and receives no others, where the manifest says so",
  cases: [
    {
      id: "types/refused",
      title: "without a type filter, asking for types is refused",
      lacks: "typeFilter",
      async run(env) {
        const broker = await env.broker();
        const call = broker.subscribe(env.request(broker, { types: ["com.acme.*"] }));
        await assertRefused(env.within("subscribe", call), "types");
      },
    },
    {
      id: "types/patterns",
      title: "a star stands for any run of characters, everything else for itself",
      requires: ["typeFilter"],
      async run(env) {
        const broker = await env.broker();
        const members = await Promise.all(
          patterns.map(([pattern], index) =>
            env.member(broker, { group: `group-${index}`, types: [pattern, "the-marker"] }, ackAll),
          ),
        );
        const sent = types.map((type) => message({ type }));
        const marker = message({ type: "the-marker" });
        await env.within("publish", broker.publish("orders", [...sent, marker]));
        for (const [at, member] of members.entries()) {
          const [pattern = "", wanted = []] = patterns[at] ?? [];
          await env.eventually("the marker arrives", () => ids(member.received).includes(marker.id));
          assert.deepEqual(
            member.received.map((one) => one.message.type).slice(0, -1),
            wanted,
            `pattern ${pattern}`,
          );
        }
      },
    },
    {
      id: "types/holds-nothing-up",
      title: "many messages of other types in between hold nothing up and count as nobody's lag",
      requires: ["typeFilter"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, { types: ["wanted"], prefetch: 3 }, ackAll);
        const sent = Array.from({ length: 600 }, (_, index) =>
          message({ type: index % 100 === 99 ? "wanted" : "other", key: `key-${index % 3}` }),
        );
        await env.within("publish", broker.publish("orders", sent));
        const received = await member.take(6);
        assert.ok(received.every((one) => one.message.type === "wanted"));
      },
    },
  ],
};
