import { type Mesh, type MeshEvent, memoryBroker, memoryServer, retry } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { drained, eventually, makeMesh, manualClock, type TestCatalog } from "./support.js";

describe("events published from a handler", () => {
  it("carry causation, correlation and trace of the event handled", async () => {
    const mesh = makeMesh();
    const seen: MeshEvent[] = [];
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    mesh.on("com.acme.artifact.published.v1", (event, ctx) => {
      ctx.publish("com.acme.scan.started.v1", { digest: event.data.digest });
    });
    mesh.on("com.acme.scan.started.v1", (event, ctx) => {
      ctx.publish("com.acme.scan.finished.v1", { digest: event.data.digest, critical: 0 });
    });
    mesh.on("*", { name: "all" }, (event) => seen.push(event));
    await mesh.start();
    const first = await mesh.publish("com.acme.artifact.published.v1", { digest: "d" }, { traceparent });
    await eventually("the whole chain", () => seen.length === 3);
    const byType = new Map(seen.map((event) => [event.type, event]));
    const started = byType.get("com.acme.scan.started.v1");
    const finished = byType.get("com.acme.scan.finished.v1");
    expect(started).toMatchObject({ causationid: first.id, correlationid: first.id, traceparent });
    expect(finished).toMatchObject({ causationid: started?.id, correlationid: first.id, traceparent });
  });

  it("leave together, in order, only after the handler has returned", async () => {
    const mesh = makeMesh();
    const seen: string[] = [];
    let published = false;
    let finish = (): void => undefined;
    mesh.on("com.acme.artifact.published.v1", async (_event, ctx) => {
      for (const digest of ["1", "2", "3"]) ctx.publish("com.acme.scan.started.v1", { digest });
      published = true;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    mesh.on("com.acme.scan.started.v1", { name: "after" }, (event) => seen.push(event.data.digest));
    await mesh.start();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "d" });
    await eventually("the handler has published", () => published);
    await mesh.publish("com.acme.scan.started.v1", { digest: "meanwhile" });
    await eventually("an event published meanwhile", () => seen.length === 1);
    finish();
    await drained(mesh);
    expect(seen).toEqual(["meanwhile", "1", "2", "3"]);
  });

  it("do not leave when the handler throws", async () => {
    const mesh = makeMesh();
    const seen: string[] = [];
    mesh.on("com.acme.artifact.published.v1", { retry: retry({ immediate: 1 }) }, (_event, ctx) => {
      ctx.publish("com.acme.scan.started.v1", { digest: `attempt ${ctx.attempt}` });
      if (ctx.attempt === 1) throw new Error("first");
    });
    mesh.on("com.acme.scan.started.v1", { name: "after" }, (event) => seen.push(event.data.digest));
    await mesh.start();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "d" });
    await drained(mesh);
    expect(seen).toEqual(["attempt 2"]);
  });

  it("throw where they are published when they are invalid", async () => {
    const mesh = makeMesh();
    const errors: unknown[] = [];
    mesh.on("com.acme.artifact.published.v1", (_event, ctx) => {
      try {
        ctx.publish("com.acme.scan.started.v1", { digest: 1 } as never);
      } catch (error) {
        errors.push(error);
      }
    });
    await mesh.start();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "d" });
    await drained(mesh);
    expect(errors).toMatchObject([{ code: "EVENT_SCHEMA_MISMATCH" }]);
  });

  it("repeat their ids when the delivery is repeated, so that what follows can drop the repeat", async () => {
    const server = memoryServer();
    const clock = manualClock();
    const crashing = memoryBroker({ server, leaseMs: 1_000 });
    const handle = (mesh: Mesh<TestCatalog>, after: () => unknown) =>
      mesh.on("com.acme.artifact.published.v1", async (_event, ctx) => {
        ctx.publish("com.acme.scan.started.v1", { digest: "1" });
        ctx.publish("com.acme.scan.started.v1", { digest: "2" });
        await after();
      });
    const audit = makeMesh({ server, clock, service: "audit" });
    const seen: MeshEvent[] = [];
    audit.on("com.acme.scan.started.v1", (event) => seen.push(event));
    await audit.start();

    // Dies after its events were stored and before its delivery was acknowledged: the plugin holds the ack back.
    const victim = makeMesh({
      broker: crashing,
      clock,
      plugins: [
        {
          name: "dies",
          publish: async (event, context, next) => {
            await next(event);
            if (context.cause !== undefined) await new Promise(() => undefined);
          },
        },
      ],
    });
    handle(victim, () => undefined);
    await victim.start();
    await audit.publish("com.acme.artifact.published.v1", { digest: "d" });
    await eventually("the events of the first attempt", () => seen.length === 2);
    crashing.crash();

    const survivor = makeMesh({ server, clock });
    handle(survivor, () => undefined);
    await survivor.start();
    clock.advance(1_000);
    await eventually("the events of the second attempt", () => seen.length === 4);
    const ids = seen.map(({ id }) => id);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
  });

  it("differ in id between groups that handle the same event", async () => {
    const mesh = makeMesh();
    const seen: string[] = [];
    for (const name of ["a", "b"]) {
      mesh.on("com.acme.artifact.published.v1", { name }, (_event, ctx) => {
        ctx.publish("com.acme.scan.started.v1", { digest: name });
      });
    }
    mesh.on("com.acme.scan.started.v1", { name: "all" }, (event) => seen.push(event.id));
    await mesh.start();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "d" });
    await eventually("both", () => seen.length === 2);
    expect(new Set(seen).size).toBe(2);
  });
});
