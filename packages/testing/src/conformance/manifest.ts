import assert from "node:assert/strict";
import type { Guarantee } from "./case.js";

export const manifest: Guarantee = {
  id: "manifest",
  promise: "the manifest states facts, the same for every connection",
  cases: [
    {
      id: "manifest/complete",
      title: "every fact is stated, before open already, and alike on every connection",
      async run(env) {
        const [one, two] = [await env.options.create(), await env.options.create()];
        const { startPositions, reach, maxBodyBytes, ...flags } = one.capabilities;
        assert.deepEqual(two.capabilities, one.capabilities);
        assert.ok(one.name.length > 0 && one.name === two.name, "the name is the adapter's");
        assert.deepEqual(
          Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, typeof value])),
          Object.fromEntries(
            [
              "atomicBatch",
              "deadLetters",
              "delayedPublish",
              "delayedRetry",
              "durable",
              "inspection",
              "keyOrder",
              "replay",
              "typeFilter",
            ].map((name) => [name, "boolean"]),
          ),
        );
        assert.ok(["process", "machine", "network"].includes(reach), `reach: ${reach}`);
        assert.ok(startPositions.includes("latest") || startPositions.includes("earliest"));
        assert.ok(
          maxBodyBytes === undefined || maxBodyBytes >= 64 * 1024,
          "64 KiB is the least that must pass",
        );
      },
    },
    {
      id: "manifest/as-expected",
      title: "it says what the author's test says it says",
      async run(env) {
        const { capabilities } = await env.options.create();
        const expected = env.options.capabilities ?? {};
        for (const [name, value] of Object.entries(expected))
          assert.deepEqual(capabilities[name as keyof typeof capabilities], value, `capabilities.${name}`);
      },
    },
    {
      id: "manifest/abilities",
      title: "what it claims to be able to do, it has methods for",
      async run(env) {
        const broker = await env.options.create();
        const methods = broker as unknown as Record<string, unknown>;
        const { replay, deadLetters, inspection } = broker.capabilities;
        const wanted = [
          ...(replay ? ["history"] : []),
          ...(deadLetters ? ["deadLetters", "redrive", "purge"] : []),
          ...(inspection ? ["inspect"] : []),
        ];
        for (const name of wanted) assert.equal(typeof methods[name], "function", name);
      },
    },
  ],
};
