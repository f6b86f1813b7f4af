import {
  type Broker,
  type HandlerOptions,
  memoryBroker,
  memoryServer,
  type Plugin,
  retry,
} from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { drained, eventually, makeMesh } from "./support.js";

/** A broker that can do less. */
function lesser(broker: Broker, missing: Partial<Broker["capabilities"]>): Broker {
  return {
    name: broker.name,
    capabilities: { ...broker.capabilities, ...missing },
    open: (context) => broker.open(context),
    publish: (channel, messages) => broker.publish(channel, messages),
    subscribe: (request) => broker.subscribe(request),
    close: () => broker.close(),
  };
}

describe("start", () => {
  it("refuses to be called twice, and registrations afterwards", async () => {
    const mesh = makeMesh();
    await mesh.start();
    await expect(mesh.start()).rejects.toMatchObject({ code: "MESH_STARTED" });
    expect(() => mesh.on("*", () => undefined)).toThrow(expect.objectContaining({ code: "MESH_STARTED" }));
    expect(() => mesh.use(async () => undefined)).toThrow(expect.objectContaining({ code: "MESH_STARTED" }));
  });

  it.each<[string, HandlerOptions, string]>([
    ["a concurrency of 0", { concurrency: 0 }, "OPTION_INVALID"],
    ["a prefetch of half an event", { prefetch: 0.5 }, "OPTION_INVALID"],
    ["a timeout that is none", { timeout: "long" as never }, "DURATION_INVALID"],
    ["a time that is none", { from: { time: "yesterday" } }, "TIME_INVALID"],
    ["a filter that cannot be right", { where: { type: [] } }, "FILTER_INVALID"],
  ])("refuses %s when it is registered", (_what, options, code) => {
    const mesh = makeMesh();
    expect(() => mesh.on("*", options as never, () => undefined)).toThrow(expect.objectContaining({ code }));
  });

  it("refuses types that the catalog does not have", () => {
    const mesh = makeMesh();
    expect(() => mesh.on("com.acme.tpyo" as never, () => undefined)).toThrow(
      expect.objectContaining({ code: "HANDLER_TYPE_UNKNOWN" }),
    );
  });

  it("refuses a group whose handlers disagree", async () => {
    const mesh = makeMesh();
    mesh.on("com.acme.scan.started.v1", { retry: retry({ delayed: ["1s"] }) }, () => undefined);
    mesh.on("com.acme.scan.finished.v1", { retry: retry({ delayed: ["2s"] }) }, () => undefined);
    await expect(mesh.start()).rejects.toMatchObject({ code: "GROUP_OPTIONS_CONFLICT" });
  });

  it.each<[string, Partial<ReturnType<typeof memoryBroker>["capabilities"]>, HandlerOptions]>([
    ["key order", { keyOrder: false }, { ordering: "key" }],
    ["delayed retries", { delayedRetry: false }, { retry: retry({ delayed: ["1s"] }) }],
    ["a start position", { startPositions: ["latest"] }, { from: "earliest" }],
  ])("refuses %s of a broker that cannot", async (_what, missing, options) => {
    const mesh = makeMesh({ broker: lesser(memoryBroker(), missing) });
    mesh.on("*", options as never, () => undefined);
    await expect(mesh.start()).rejects.toMatchObject({ code: "CAPABILITY_MISSING" });
  });

  it("stops what it had started when something fails", async () => {
    const stopped: string[] = [];
    const good: Plugin = { name: "good", stop: () => void stopped.push("good") };
    const bad: Plugin = {
      name: "bad",
      start: () => {
        throw new Error("no start");
      },
    };
    const mesh = makeMesh({ plugins: [good, bad] });
    await expect(mesh.start()).rejects.toThrow("no start");
    expect(stopped).toEqual(["good"]);
    expect(await mesh.health()).toMatchObject({ status: "stopped" });
  });

  it("isolates namespaces", async () => {
    const server = memoryServer();
    const [prod, preview] = ["prod", "preview"].map((namespace) => {
      const seen: string[] = [];
      const mesh = makeMesh({ server, namespace });
      mesh.on("com.acme.scan.started.v1", (event) => seen.push(event.data.digest));
      return { mesh, seen };
    });
    await prod?.mesh.start();
    await preview?.mesh.start();
    await prod?.mesh.publish("com.acme.scan.started.v1", { digest: "prod" });
    await preview?.mesh.publish("com.acme.scan.started.v1", { digest: "preview" });
    await eventually("both", () => prod?.seen.length === 1 && preview?.seen.length === 1);
    expect([prod?.seen, preview?.seen]).toEqual([["prod"], ["preview"]]);
  });
});

describe("stop", () => {
  it("waits for running handlers, and gives back at once what has not begun, uncounted", async () => {
    const server = memoryServer();
    const mesh = makeMesh({ server });
    const seen: string[] = [];
    let finish = (): void => undefined;
    mesh.on("com.acme.scan.started.v1", { concurrency: 1, prefetch: 10 }, async (event) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      seen.push(event.data.digest);
    });
    await mesh.start();
    for (const digest of ["1", "2", "3"]) {
      await mesh.publish("com.acme.scan.started.v1", { digest }, { subject: digest });
    }
    await eventually("all three are held", async () => (await mesh.health()).groups[0]?.inFlight === 3);
    const stopping = mesh.stop();

    const next = makeMesh({ server });
    const attempts: [string, number][] = [];
    next.on("com.acme.scan.started.v1", (event, ctx) => attempts.push([event.data.digest, ctx.attempt]));
    await next.start();
    await eventually("others have what had not begun", () => attempts.length === 2);
    expect(seen).toEqual([]);
    finish();
    await stopping;
    await drained(next);
    expect(seen).toEqual(["1"]);
    expect(attempts.sort()).toEqual([
      ["2", 1],
      ["3", 1],
    ]);
  });

  it("does not take again and again what nobody else wants, while a handler still runs", async () => {
    const broker = memoryBroker();
    let released = 0;
    const counted: Broker = {
      ...lesser(broker, {}),
      subscribe: async (request) => {
        const subscription = await broker.subscribe(request);
        return {
          settle: (settlements) => {
            released += settlements.filter(({ outcome }) => outcome === "release").length;
            return subscription.settle(settlements);
          },
          close: () => subscription.close(),
          [Symbol.asyncIterator]: () => subscription[Symbol.asyncIterator](),
        };
      },
    };
    const mesh = makeMesh({ broker: counted });
    let [begun, finish] = [false, (): void => undefined];
    mesh.on("com.acme.scan.started.v1", { concurrency: 1, prefetch: 10 }, async () => {
      begun = true;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await mesh.start();
    for (const digest of ["1", "2", "3"]) {
      await mesh.publish("com.acme.scan.started.v1", { digest }, { subject: digest });
    }
    await eventually("one is being handled", () => begun);
    const stopping = mesh.stop();
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    const times = released / 2;
    finish();
    await stopping;
    expect(times).toBeGreaterThanOrEqual(1);
    expect(times).toBeLessThanOrEqual(3);
  });

  it("aborts what does not end in time, and gives it back uncounted", async () => {
    const server = memoryServer();
    const mesh = makeMesh({ server });
    const signals: AbortSignal[] = [];
    mesh.on("com.acme.scan.started.v1", (_event, ctx) => {
      signals.push(ctx.signal);
      return new Promise(() => undefined);
    });
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "stuck" });
    await eventually("the handler runs", () => signals.length === 1);
    await mesh.stop({ timeout: "5ms" });
    expect(signals[0]?.reason).toMatchObject({ code: "MESH_STOPPED" });

    const next = makeMesh({ server });
    const attempts: number[] = [];
    next.on("com.acme.scan.started.v1", (_event, ctx) => attempts.push(ctx.attempt));
    await next.start();
    await drained(next);
    expect(attempts).toEqual([1]);
  });

  it("lets publishes under way end", async () => {
    const server = memoryServer();
    const mesh = makeMesh({ server });
    const other = makeMesh({ server, service: "other" });
    const seen: string[] = [];
    other.on("com.acme.scan.started.v1", (event) => seen.push(event.data.digest));
    await mesh.start();
    await other.start();
    const publishing = mesh.publish("com.acme.scan.started.v1", { digest: "last" });
    await mesh.stop();
    await publishing;
    await drained(other);
    expect(seen).toEqual(["last"]);
  });

  it("happens once, also through `await using`, and stops plugins last to first", async () => {
    const stopped: string[] = [];
    const plugin = (name: string): Plugin => ({ name, stop: () => void stopped.push(name) });
    const mesh = makeMesh({ plugins: [plugin("a"), plugin("b")] });
    await mesh.start();
    {
      await using scoped = mesh;
      expect((await scoped.health()).status).toBe("ok");
    }
    await mesh.stop();
    expect(stopped).toEqual(["b", "a"]);
    expect((await mesh.health()).status).toBe("stopped");
  });

  it("before start does nothing", async () => {
    await makeMesh().stop();
  });
});

describe("a broker that goes away", () => {
  it("is survived: publishes reject or resolve, and everything confirmed is handled", async () => {
    const server = memoryServer();
    const mesh = makeMesh({ server });
    const seen = new Set<string>();
    mesh.on("com.acme.scan.started.v1", (event) => seen.add(event.data.digest));
    await mesh.start();
    server.cut();
    await eventually("it is noticed", async () => (await mesh.health()).status === "degraded");
    await expect(mesh.publish("com.acme.scan.started.v1", { digest: "cut" })).rejects.toMatchObject({
      retryable: true,
    });
    server.heal();
    await mesh.publish("com.acme.scan.started.v1", { digest: "healed" });
    await server.restart();
    await mesh.publish("com.acme.scan.started.v1", { digest: "restarted" });
    await eventually("both", () => seen.has("healed") && seen.has("restarted"));
    expect((await mesh.health()).status).toBe("ok");
  });
});
