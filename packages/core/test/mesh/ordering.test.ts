import { memoryServer, retry } from "@meshwright/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drained, eventually, makeMesh } from "./support.js";

describe("ordering by key", () => {
  it("holds for any keys, failures and members, and every event is handled", async () => {
    const scenario = fc.record({
      keys: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 }),
      failing: fc.array(fc.nat({ max: 59 }), { maxLength: 20 }),
      members: fc.integer({ min: 1, max: 3 }),
      concurrency: fc.integer({ min: 1, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ keys, failing, members, concurrency }) => {
        const server = memoryServer();
        const handled = new Map<string, number[]>();
        const failures = new Map(failing.map((n) => [n, 2]));
        let active = new Set<string>();
        const meshes = Array.from({ length: members }, () => {
          const mesh = makeMesh({ server });
          mesh.on(
            "com.acme.artifact.published.v1",
            { concurrency, retry: retry({ immediate: 5 }) },
            async (event) => {
              const { digest: key, size = -1 } = event.data;
              expect(active.has(key), "two events of one key at a time").toBe(false);
              active.add(key);
              await new Promise((resolve) => setImmediate(resolve));
              active.delete(key);
              const left = failures.get(size) ?? 0;
              failures.set(size, left - 1);
              if (left > 0) throw new Error("again");
              handled.set(key, [...(handled.get(key) ?? []), size]);
            },
          );
          return mesh;
        });
        active = new Set();
        await Promise.all(meshes.map((mesh) => mesh.start()));
        const [mesh] = meshes;
        if (mesh === undefined) return;
        const type = "com.acme.artifact.published.v1" as const;
        await mesh.publishAll(keys.map((key, size) => ({ type, data: { digest: `k${key}`, size } })));
        await drained(mesh);
        const expected = new Map<string, number[]>();
        for (const [n, key] of keys.entries())
          expected.set(`k${key}`, [...(expected.get(`k${key}`) ?? []), n]);
        expect(handled).toEqual(expected);
        await Promise.all(meshes.map((one) => one.stop()));
      }),
      { numRuns: 40 },
    );
  });

  it("lets other keys pass an event that waits for its retry", async () => {
    const mesh = makeMesh();
    const seen: string[] = [];
    const policy = retry({ delayed: ["1h"] });
    mesh.on("com.acme.artifact.published.v1", { concurrency: 1, retry: policy }, (event) => {
      if (event.data.size === 0) throw new Error("later");
      seen.push(`${event.data.digest}${event.data.size}`);
    });
    await mesh.start();
    const send = (digest: string, size: number) =>
      mesh.publish("com.acme.artifact.published.v1", { digest, size });
    for (const [key, n] of [
      ["a", 0],
      ["a", 1],
      ["b", 1],
      ["a", 2],
      ["b", 2],
    ] as const)
      await send(key, n);
    await eventually("the other key", () => seen.length === 2);
    await send("b", 3);
    await eventually("the other key again", () => seen.length === 3);
    expect(seen).toEqual(["b1", "b2", "b3"]);
    expect((await mesh.health()).groups[0]).toMatchObject({ delayed: 1, lag: 3 });
  });

  it("handles at most `concurrency` events at a time, of different keys", async () => {
    const mesh = makeMesh();
    let running = 0;
    let most = 0;
    mesh.on("com.acme.artifact.published.v1", { concurrency: 5 }, async () => {
      most = Math.max(most, ++running);
      await eventually("five at a time", () => most === 5);
      running--;
    });
    await mesh.start();
    const type = "com.acme.artifact.published.v1" as const;
    await mesh.publishAll(Array.from({ length: 50 }, (_, n) => ({ type, data: { digest: `${n}` } })));
    await drained(mesh);
    expect(most).toBe(5);
  });

  it("is not kept with ordering none, where events of one key run at the same time", async () => {
    const mesh = makeMesh();
    let running = 0;
    let most = 0;
    mesh.on("com.acme.artifact.published.v1", { ordering: "none", concurrency: 3 }, async () => {
      most = Math.max(most, ++running);
      await eventually("three at a time", () => most === 3);
      running--;
    });
    await mesh.start();
    const type = "com.acme.artifact.published.v1" as const;
    await mesh.publishAll(Array.from({ length: 9 }, () => ({ type, data: { digest: "same" } })));
    await drained(mesh);
    expect(most).toBe(3);
  });
});
