import { memoryDatabase, memoryServer, memoryStore } from "@meshwright/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { published, storeMesh } from "./store-support.js";
import { eventually } from "./support.js";

interface Step {
  readonly mesh: 0 | 1;
  readonly keys: readonly string[];
  readonly commits: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  mesh: fc.constantFrom<0 | 1>(0, 1),
  keys: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 4 }),
  commits: fc.boolean(),
});

describe("two meshes with relays on one outbox", () => {
  it("publish what was committed, once, each key in the order of commits", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const [database, server] = [memoryDatabase(), memoryServer()];
        const own = [0, 1].map(() =>
          storeMesh({ store: memoryStore({ database }), server, service: "shop" }),
        );
        const seen: [string, string][] = [];
        for (const { mesh } of own)
          mesh.on(published, (event, { key }) => void seen.push([key, event.data.digest]));
        await Promise.all(own.map(({ mesh }) => mesh.start()));

        const committed: [string, string][] = [];
        for (const [index, { mesh: which, keys, commits }] of steps.entries()) {
          const rows = keys.map((key, at): [string, string] => [key, `${index}.${at}`]);
          const { mesh, store } = own[which] as (typeof own)[0];
          const work = store.transaction(async (tx) => {
            for (const [key, digest] of rows) await mesh.publish(published, { digest }, { tx, key });
            if (!commits) throw new Error("rolled back");
          });
          await work.catch(() => undefined);
          if (commits) committed.push(...rows);
        }

        await eventually("the outbox is empty", () => database.waiting.size === 0);
        await eventually("all arrive", () => seen.length >= committed.length);
        await Promise.all(own.map(({ mesh }) => mesh.stop()));
        const of = (all: [string, string][]) =>
          ["a", "b", "c"].map((key) => all.filter(([own]) => own === key));
        expect(of(seen)).toEqual(of(committed));
      }),
      { numRuns: 60 },
    );
  });
});
