import { defineCatalog, defineEvent, memoryServer, retry } from "@meshwright/core";
import { describe, expect, test } from "vitest";
import { testMesh, virtualClock } from "../src/index.js";

const schema = {
  type: "object",
  required: ["digest"],
  properties: { digest: { type: "string" } },
} as const;
const published = defineEvent("com.acme.artifact.published.v1", {
  schema,
  key: (event) => event.data.digest,
});
const scanned = defineEvent("com.acme.scan.finished.v1", { schema, key: (event) => event.data.digest });
const released = defineEvent("com.acme.release.approved.v1", { schema });
const catalog = defineCatalog([published, scanned, released]);

const types = (events: readonly { readonly type: string }[]): string[] => events.map((event) => event.type);

describe("testMesh", () => {
  test("settled waits for a chain of handlers over several meshes", async () => {
    const world = { catalog, server: memoryServer(), clock: virtualClock() };
    await using scan = testMesh({ ...world, service: "scan" });
    await using release = testMesh({ ...world, service: "release" });
    scan.on("com.acme.artifact.published.v1", async (event, ctx) => {
      await new Promise((resolve) => setImmediate(resolve));
      ctx.publish("com.acme.scan.finished.v1", event.data);
    });
    release.on("com.acme.scan.finished.v1", (event, ctx) => {
      ctx.publish("com.acme.release.approved.v1", event.data);
    });
    await Promise.all([scan.start(), release.start()]);
    for (let index = 0; index < 20; index++)
      await scan.publish("com.acme.artifact.published.v1", { digest: `sha256:${index}` });
    await scan.settled();
    expect(types(release.published)).toEqual(Array(20).fill("com.acme.release.approved.v1"));
    expect(scan.published.length).toBe(40);
  });

  test("delayed retries wait for the clock, which settled does not move", async () => {
    await using mesh = testMesh({ service: "scan", catalog });
    const tries: number[] = [];
    mesh.on(
      "com.acme.artifact.published.v1",
      { retry: retry({ immediate: 0, delayed: ["10s", "10m"] }) },
      () => {
        tries.push(mesh.clock.now());
        if (tries.length < 3) throw new Error("not yet");
      },
    );
    await mesh.start();
    const start = mesh.clock.now();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "sha256:1" });
    await mesh.settled();
    expect(tries.length).toBe(1);
    await mesh.clock.advance("10s");
    await mesh.settled();
    expect(tries.length).toBe(2);
    await mesh.clock.advance("10m");
    await mesh.settled();
    expect(tries.map((at) => at - start)).toEqual([0, 10_000, 610_000]);
    expect((await mesh.health()).groups.map(({ lag }) => lag)).toEqual([0]);
  });

  test("a handler that does not end is named when the deadline passes", async () => {
    const mesh = testMesh({ service: "scan", catalog });
    mesh.on("com.acme.artifact.published.v1", (_, ctx) => {
      return new Promise<void>((resolve) => ctx.signal.addEventListener("abort", () => resolve()));
    });
    await mesh.start();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "sha256:1" });
    await expect(mesh.settled({ deadline: 30 })).rejects.toMatchObject({
      code: "NOT_SETTLED",
      message: expect.stringContaining("scan on events: 1 to do, 1 in flight"),
    });
    await mesh.stop({ timeout: 0 });
  });

  test("works under faults of the memory server", async () => {
    const server = memoryServer({ faults: { seed: 3, crash: 0.1, duplicate: 0.1, reorder: 0.3 } });
    await using mesh = testMesh({ service: "scan", catalog, server });
    const seen = new Set<string>();
    mesh.on("com.acme.artifact.published.v1", (event) => void seen.add(event.data.digest));
    await mesh.start();
    for (let index = 0; index < 50; index++)
      await mesh.publish("com.acme.artifact.published.v1", { digest: `sha256:${index}` });
    await mesh.settled();
    expect(seen.size).toBe(50);
  });
});
