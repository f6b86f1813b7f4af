import { EventDataError, type MeshEvent, memoryServer, type Plugin } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { drained, eventually, makeMesh, manualClock } from "./support.js";

describe("publish", () => {
  it("resolves with the whole event, filled in by the mesh", async () => {
    const mesh = makeMesh({ clock: manualClock() });
    await mesh.start();
    const event = await mesh.publish("com.acme.scan.started.v1", { digest: "d" }, { subject: "web" });
    expect(event).toMatchObject({
      specversion: "1.0",
      source: "/shop",
      type: "com.acme.scan.started.v1",
      subject: "web",
      time: "2026-03-01T00:00:00.000Z",
      datacontenttype: "application/json",
      correlationid: event.id,
      data: { digest: "d" },
    });
    expect(event.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(event).not.toHaveProperty("causationid");
  });

  it("takes what the publisher says instead", async () => {
    const mesh = makeMesh();
    await mesh.start();
    const options = {
      id: "github:1",
      source: "https://github.com/acme",
      time: "2026-01-02T03:04:05.678901Z",
      key: "k",
      correlationid: "c",
      causationid: "b",
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      extensions: { severitynumber: 17 },
    } as const;
    const event = await mesh.publish("com.acme.scan.finished.v1", { digest: "d", critical: 0 }, options);
    const { key, extensions, ...attributes } = options;
    expect(event).toMatchObject({ ...attributes, ...extensions, partitionkey: key });
  });

  it.each([
    ["wrong data", { digest: 1 }, {}, "EVENT_SCHEMA_MISMATCH"],
    ["a wrong attribute", { digest: "d" }, { subject: "" }, "EVENT_ATTRIBUTE_INVALID"],
    ["an id with a control character", { digest: "d" }, { id: "a\u0007" }, "EVENT_ATTRIBUTE_INVALID"],
    ["a time that is none", { digest: "d" }, { time: "yesterday" }, "EVENT_ATTRIBUTE_INVALID"],
    ["a delay that is none", { digest: "d" }, { delay: "soon" }, "DURATION_INVALID"],
  ])("rejects %s and publishes nothing", async (_what, data, options, code) => {
    const mesh = makeMesh();
    const seen: MeshEvent[] = [];
    mesh.on("*", (event) => seen.push(event));
    await mesh.start();
    await expect(
      mesh.publish("com.acme.scan.started.v1", data as never, options as never),
    ).rejects.toMatchObject({ code });
    await mesh.publish("com.acme.scan.started.v1", { digest: "after" });
    await drained(mesh);
    expect(seen.map((event) => event.data)).toEqual([{ digest: "after" }]);
  });

  it("names the places that do not fit, never their values", async () => {
    const mesh = makeMesh();
    await mesh.start();
    const error = await mesh
      .publish("com.acme.scan.finished.v1", { digest: "d", critical: "s3cret" } as never)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EventDataError);
    expect(error).toMatchObject({ issues: [{ path: "/data/critical" }] });
    expect(String(error)).not.toContain("s3cret");
  });

  it("rejects a type that the catalog does not have", async () => {
    const mesh = makeMesh();
    await mesh.start();
    await expect(mesh.publish("com.acme.unknown.v1" as never, {} as never)).rejects.toMatchObject({
      code: "EVENT_TYPE_UNKNOWN",
    });
  });

  it("refuses to publish before start and after stop", async () => {
    const mesh = makeMesh();
    const publish = () => mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await expect(publish()).rejects.toMatchObject({ code: "MESH_NOT_RUNNING" });
    await mesh.start();
    await mesh.stop();
    await expect(publish()).rejects.toMatchObject({ code: "MESH_NOT_RUNNING" });
  });

  it("sends a batch in order, or nothing of it when one is invalid", async () => {
    const mesh = makeMesh();
    const seen: unknown[] = [];
    mesh.on("com.acme.scan.started.v1", { ordering: "key" }, (event) => seen.push(event.data.digest));
    await mesh.start();
    const entry = (digest: unknown) => ({ type: "com.acme.scan.started.v1", data: { digest } }) as never;
    await expect(mesh.publishAll([entry("x"), entry(1)])).rejects.toMatchObject({
      code: "EVENT_SCHEMA_MISMATCH",
    });
    await mesh.publishAll([entry("a"), entry("b"), entry("c")]);
    await drained(mesh);
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("delays: nobody sees the event before its time", async () => {
    const clock = manualClock();
    const mesh = makeMesh({ clock });
    const seen: string[] = [];
    mesh.on("com.acme.scan.started.v1", (event) => seen.push(event.data.digest));
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "late" }, { delay: "10s" });
    await mesh.publish("com.acme.scan.started.v1", { digest: "now" });
    await eventually("the undelayed event", () => seen.length === 1);
    clock.advance(9_999);
    await mesh.publish("com.acme.scan.started.v1", { digest: "meanwhile" });
    await eventually("the event in between", () => seen.length === 2);
    clock.advance(1);
    await eventually("the delayed event", () => seen.length === 3);
    expect(seen).toEqual(["now", "meanwhile", "late"]);
  });

  it("refuses what is too large", async () => {
    const mesh = makeMesh({ maxEventBytes: 500 });
    await mesh.start();
    const publish = (digest: string) => mesh.publish("com.acme.scan.started.v1", { digest });
    await expect(publish("x".repeat(500))).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
    await expect(publish("€".repeat(100))).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
    await publish("x".repeat(100));
  });

  it("sends what is too large through the claim check, and hands it whole to handlers", async () => {
    const shelf = new Map<string, unknown>();
    const mesh = makeMesh({
      maxEventBytes: 500,
      dataref: {
        store: async (event) => {
          shelf.set(`mem:${event.id}`, event.data);
          return `mem:${event.id}`;
        },
        load: async (uri) => shelf.get(uri),
      },
    });
    const seen: string[] = [];
    mesh.on("com.acme.scan.started.v1", (event) => seen.push(event.data.digest));
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "x".repeat(5_000) });
    await mesh.publish("com.acme.scan.started.v1", { digest: "small" });
    await drained(mesh);
    expect(seen.map((digest) => digest.length)).toEqual([5_000, 5]);
    expect(shelf.size).toBe(1);
  });
});

describe("publish plugins", () => {
  const stamp = (name: string): Plugin => ({
    name,
    publish: async (event, _context, next) =>
      next({ ...event, tracestate: `${event.tracestate ?? ""}${name}` }),
  });

  it("wrap every publish, the first outermost", async () => {
    const mesh = makeMesh({ plugins: [stamp("a"), stamp("b")] });
    const seen: (string | undefined)[] = [];
    mesh.on("com.acme.scan.started.v1", (event) => seen.push(event.tracestate));
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await drained(mesh);
    expect(seen).toEqual(["ab"]);
  });

  it("do not reorder events, however long one takes", async () => {
    const gates: (() => void)[] = [];
    const slowFirst: Plugin = {
      name: "slow",
      publish: async (event, _context, next) => {
        if (gates.length === 0) await new Promise<void>((resolve) => gates.push(resolve));
        await next(event);
      },
    };
    const mesh = makeMesh({ plugins: [slowFirst] });
    const seen: string[] = [];
    mesh.on("com.acme.scan.started.v1", (event) => seen.push(event.data.digest));
    await mesh.start();
    const both = [
      mesh.publish("com.acme.scan.started.v1", { digest: "first" }),
      mesh.publish("com.acme.scan.started.v1", { digest: "second" }),
    ];
    await eventually("the plugin holds the first", () => gates.length === 1);
    gates[0]?.();
    await Promise.all(both);
    await drained(mesh);
    expect(seen).toEqual(["first", "second"]);
  });

  it("may refuse an event, but not swallow it", async () => {
    const server = memoryServer();
    const policy: Plugin = {
      name: "policy",
      publish: async (event, _context, next) => {
        if (event.subject === "refused") throw new Error("not allowed");
        if (event.subject !== "swallowed") await next(event);
      },
    };
    const mesh = makeMesh({ server, plugins: [policy] });
    const seen: (string | undefined)[] = [];
    mesh.on("com.acme.scan.started.v1", (event) => seen.push(event.subject));
    await mesh.start();
    const publish = (subject: string) =>
      mesh.publish("com.acme.scan.started.v1", { digest: "d" }, { subject });
    await expect(publish("refused")).rejects.toThrow("not allowed");
    await expect(publish("swallowed")).rejects.toMatchObject({ code: "PUBLISH_NOT_FORWARDED" });
    await publish("fine");
    await drained(mesh);
    expect(seen).toEqual(["fine"]);
  });
});
