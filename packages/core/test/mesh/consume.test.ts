import {
  defineCatalog,
  defineEvent,
  type Failure,
  type MeshEvent,
  memoryBroker,
  memoryServer,
  RetryableError,
  retry,
  TerminalError,
} from "@meshwright/core";
import type { Broker, WireMessage } from "@meshwright/core/adapter";
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  artifactPublished,
  drained,
  eventually,
  makeMesh,
  manualClock,
  recordingLogger,
  type Server,
} from "./support.js";

/** A producer that is no mesh: it can write what a mesh would not. */
async function foreignProducer(
  server: Server,
): Promise<(message: Partial<WireMessage>, channel?: string) => Promise<void>> {
  const broker: Broker = memoryBroker({ server });
  const report = (): void => undefined;
  await broker.open({
    namespace: "default",
    service: "foreign",
    clock: systemClock,
    logger: silentLogger,
    report,
  });
  onTestFinished(() => broker.close());
  const base = {
    id: "f",
    type: "",
    key: "k",
    contentType: "application/cloudevents+json",
    headers: {},
    body: "",
  };
  return (message, channel = "events") => broker.publish(channel, [{ ...base, ...message }]);
}

describe("handlers", () => {
  it("get events of their type, typed, with a context", async () => {
    const mesh = makeMesh();
    const seen: unknown[] = [];
    mesh.on("com.acme.artifact.published.v1", (event, ctx) => {
      const { group, channel, attempt, key } = ctx;
      seen.push({ digest: event.data.digest, group, channel, attempt, key, last: ctx.lastFailure });
    });
    await mesh.start();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "sha256:1" });
    await drained(mesh);
    const expected = { group: "shop", channel: "delivery", attempt: 1, key: "sha256:1", last: undefined };
    expect(seen).toEqual([{ digest: "sha256:1", ...expected }]);
  });

  it("match patterns and lists, over several channels", async () => {
    const mesh = makeMesh();
    const seen: string[] = [];
    mesh.on(["com.acme.scan.*", "com.acme.artifact.published.v1"], { name: "audit" }, (event) =>
      seen.push(event.type),
    );
    await mesh.start();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "d" });
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await mesh.publish("com.acme.scan.finished.v1", { digest: "d", critical: 1 });
    await drained(mesh);
    expect(seen.sort()).toEqual([
      "com.acme.artifact.published.v1",
      "com.acme.scan.finished.v1",
      "com.acme.scan.started.v1",
    ]);
  });

  it("of one group share the work, other groups get everything themselves", async () => {
    const server = memoryServer();
    const counts = { a: 0, b: 0, audit: 0 };
    const [a, b] = (["a", "b"] as const).map((name) => {
      const mesh = makeMesh({ server });
      mesh.on("com.acme.scan.started.v1", { concurrency: 1, prefetch: 0 }, async () => {
        counts[name]++;
        await eventually("both members work", () => counts.a > 0 && counts.b > 0);
      });
      return mesh;
    });
    const audit = makeMesh({ server, service: "audit" });
    audit.on("*", () => counts.audit++);
    await Promise.all([a, b, audit].map((mesh) => mesh?.start()));
    for (let i = 0; i < 20; i++)
      await audit.publish("com.acme.scan.started.v1", { digest: "d" }, { subject: `${i}` });
    await drained(audit);
    await eventually("all handled once", () => counts.a + counts.b === 20);
    expect(counts.audit).toBe(20);
  });

  it("of one group that want the same event run as one unit", async () => {
    const mesh = makeMesh();
    const runs: string[] = [];
    let failures = 1;
    mesh.on("com.acme.scan.started.v1", () => runs.push("first"));
    mesh.on("com.acme.scan.*", { retry: retry({ immediate: 3 }) }, () => {
      runs.push("second");
      if (failures-- > 0) throw new Error("once");
    });
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await drained(mesh);
    expect(runs).toEqual(["first", "second", "first", "second"]);
  });

  it("get only what `where` matches; the rest is counted", async () => {
    const mesh = makeMesh();
    const seen: number[] = [];
    mesh.on(
      "com.acme.scan.finished.v1",
      { where: { data: { critical: [{ numeric: [">", 0] }] } } },
      (event) => seen.push(event.data.critical),
    );
    await mesh.start();
    for (const critical of [0, 3, 0])
      await mesh.publish("com.acme.scan.finished.v1", { digest: "d", critical });
    await drained(mesh);
    expect(seen).toEqual([3]);
    const [group] = (await mesh.health()).groups;
    expect(group?.counters).toMatchObject({ handled: 1, filtered: 2 });
  });

  it("count and log a predicate that throws; the event does not match", async () => {
    const mesh = makeMesh();
    const where = (): boolean => {
      throw new Error("predicate");
    };
    mesh.on("com.acme.scan.started.v1", { where }, () => undefined);
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await drained(mesh);
    expect((await mesh.health()).groups[0]?.counters).toMatchObject({
      handled: 0,
      filtered: 1,
      filterErrors: 1,
    });
  });

  it("are wrapped by plugins and middleware, outermost first", async () => {
    const steps: string[] = [];
    const wrap = (name: string) => async (_event: MeshEvent, _ctx: unknown, next: () => Promise<void>) => {
      steps.push(`${name}>`);
      await next();
      steps.push(`<${name}`);
    };
    const mesh = makeMesh({ plugins: [{ name: "plugin", consume: wrap("plugin") }] });
    mesh.use(wrap("used"));
    mesh.on("com.acme.scan.started.v1", () => steps.push("handler"));
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await drained(mesh);
    expect(steps).toEqual(["plugin>", "used>", "handler", "<used", "<plugin"]);
  });

  it("fail when a middleware calls next twice", async () => {
    const mesh = makeMesh();
    mesh.use(async (_event, _ctx, next) => {
      await next();
      await next();
    });
    mesh.on("com.acme.scan.started.v1", { retry: retry({}) }, () => undefined);
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await drained(mesh);
    for await (const letter of mesh.deadLetters("shop")) expect(letter.error.code).toBe("NEXT_CALLED_TWICE");
    expect((await mesh.health()).groups[0]?.deadLetters).toBe(1);
  });
});

describe("a failing handler", () => {
  it("is tried again at once and after each delay, then the event is a dead letter", async () => {
    const clock = manualClock();
    const mesh = makeMesh({ clock });
    const attempts: [number, number, Failure | undefined][] = [];
    const began = clock.now();
    mesh.on(
      "com.acme.scan.started.v1",
      { retry: retry({ immediate: 1, delayed: ["1s", "1m"] }) },
      (_event, ctx) => {
        attempts.push([ctx.attempt, clock.now() - began, ctx.lastFailure]);
        throw Object.assign(new Error("no luck"), { code: "E_LUCK" });
      },
    );
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await eventually("two attempts at once", () => attempts.length === 2);
    await eventually(
      "the retry waits in the broker",
      async () => (await mesh.health()).groups[0]?.delayed === 1,
    );
    clock.advance(999);
    expect(attempts).toHaveLength(2);
    clock.advance(1);
    await eventually("the third attempt", () => attempts.length === 3);
    await eventually(
      "the retry waits in the broker",
      async () => (await mesh.health()).groups[0]?.delayed === 1,
    );
    clock.advance(60_000);
    await drained(mesh);
    const failure = { reason: "failed", code: "E_LUCK", message: "Error: no luck" };
    expect(attempts).toEqual([
      [1, 0, undefined],
      [2, 0, failure],
      [3, 1_000, failure],
      [4, 61_000, failure],
    ]);
    for await (const letter of mesh.deadLetters("shop")) {
      expect(letter).toMatchObject({
        reason: "exhausted",
        attempts: 4,
        error: { code: "E_LUCK" },
        group: "shop",
      });
      expect(letter.event?.data).toEqual({ digest: "d" });
    }
    expect((await mesh.health()).groups[0]).toMatchObject({
      deadLetters: 1,
      counters: { retried: 3, deadLettered: 1 },
    });
  });

  it("dead-letters at once with TerminalError", async () => {
    const mesh = makeMesh();
    let runs = 0;
    mesh.on("com.acme.scan.started.v1", () => {
      runs++;
      throw new TerminalError("never", { code: "NO_SUCH_REPO" });
    });
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await drained(mesh);
    expect(runs).toBe(1);
    for await (const letter of mesh.deadLetters("shop")) {
      expect(letter).toMatchObject({ reason: "terminal", error: { code: "NO_SUCH_REPO" } });
    }
  });

  it("is tried again when RetryableError says", async () => {
    const clock = manualClock();
    const mesh = makeMesh({ clock });
    let runs = 0;
    mesh.on("com.acme.scan.started.v1", () => {
      if (++runs === 1) throw new RetryableError("rate limited", { after: "7s" });
    });
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await eventually("the retry waits", async () => (await mesh.health()).groups[0]?.delayed === 1);
    clock.advance(6_999);
    expect(runs).toBe(1);
    clock.advance(1);
    await drained(mesh);
    expect(runs).toBe(2);
  });

  it("that takes longer than its timeout has failed, is aborted, and can publish no more", async () => {
    const clock = manualClock();
    const mesh = makeMesh({ clock });
    const signals: AbortSignal[] = [];
    const late: unknown[] = [];
    mesh.on("com.acme.scan.started.v1", { timeout: "30s", retry: retry({}) }, async (_event, ctx) => {
      signals.push(ctx.signal);
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
      try {
        ctx.publish("com.acme.scan.finished.v1", { digest: "d", critical: 0 });
      } catch (error) {
        late.push(error);
      }
    });
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "d" });
    await eventually("the handler runs", () => signals.length === 1);
    clock.advance(30_000);
    await drained(mesh);
    expect(signals[0]?.reason).toMatchObject({ code: "HANDLER_TIMEOUT" });
    expect(late).toMatchObject([{ code: "CONTEXT_CLOSED" }]);
    for await (const letter of mesh.deadLetters("shop")) expect(letter.error.code).toBe("HANDLER_TIMEOUT");
    expect((await mesh.health()).groups[0]?.deadLetters).toBe(1);
  });
});

describe("events that cannot be handled have a stated outcome", () => {
  it("undecodable bytes: a dead letter with the bytes, and the consumer goes on", async () => {
    const server = memoryServer();
    const mesh = makeMesh({ server });
    const seen: string[] = [];
    mesh.on("com.acme.scan.*", (event) => seen.push(event.type));
    await mesh.start();
    const send = await foreignProducer(server);
    const bytes = new Uint8Array([0x7b, 0xff, 0xfe, 0x00]);
    await send({ type: "com.acme.scan.started.v1", body: bytes });
    await send({ type: "com.acme.scan.started.v1", body: '{"specversion":"1.0",' });
    await mesh.publish("com.acme.scan.started.v1", { digest: "fine" });
    await drained(mesh);
    expect(seen).toEqual(["com.acme.scan.started.v1"]);
    const letters = [];
    for await (const letter of mesh.deadLetters("shop")) letters.push(letter);
    expect(letters.map(({ reason, event, attempts }) => ({ reason, event, attempts }))).toEqual([
      { reason: "undecodable", event: undefined, attempts: 1 },
      { reason: "undecodable", event: undefined, attempts: 1 },
    ]);
    expect(letters[0]?.message.body).toEqual(bytes);
  });

  const foreign = (fields: object) =>
    JSON.stringify({
      specversion: "1.0",
      id: "f",
      source: "/f",
      type: "com.acme.scan.started.v1",
      ...fields,
    });

  it("data that does not fit: a dead letter that names the place", async () => {
    const server = memoryServer();
    const mesh = makeMesh({ server });
    mesh.on("com.acme.scan.started.v1", () => undefined);
    await mesh.start();
    const send = await foreignProducer(server);
    await send({ type: "com.acme.scan.started.v1", body: foreign({ data: { digest: 5 } }) });
    await drained(mesh);
    for await (const letter of mesh.deadLetters("shop")) {
      expect(letter).toMatchObject({ reason: "invalid", error: { code: "EVENT_SCHEMA_MISMATCH" } });
      expect(letter.error.message).toContain("/data/digest");
    }
    expect((await mesh.health()).groups[0]).toMatchObject({ deadLetters: 1, counters: { invalid: 1 } });
  });

  it.each(["deadLetter", "skip"] as const)("a type the catalog does not have: %s", async (unknownType) => {
    const server = memoryServer();
    const mesh = makeMesh({ server, unknownType });
    const seen: string[] = [];
    mesh.on("com.acme.scan.*", (event) => seen.push(event.type));
    await mesh.start();
    const send = await foreignProducer(server);
    const type = "com.acme.scan.cancelled.v1";
    await send({ type, body: foreign({ type }) });
    await drained(mesh);
    expect(seen).toEqual([]);
    const deadLetters = unknownType === "deadLetter" ? 1 : 0;
    expect((await mesh.health()).groups[0]).toMatchObject({ deadLetters, counters: { unknownType: 1 } });
  });

  it.each(["deadLetter", "skip"] as const)("an event past its expirytime: %s", async (expired) => {
    const clock = manualClock();
    const mesh = makeMesh({ clock, expired });
    const seen: string[] = [];
    mesh.on("com.acme.scan.started.v1", (event) => seen.push(event.data.digest));
    await mesh.start();
    const at = (ms: number) => new Date(clock.now() + ms).toISOString();
    await mesh.publish("com.acme.scan.started.v1", { digest: "old" }, { expirytime: at(-1) });
    await mesh.publish("com.acme.scan.started.v1", { digest: "fresh" }, { expirytime: at(1_000) });
    await drained(mesh);
    expect(seen).toEqual(["fresh"]);
    const deadLetters = expired === "deadLetter" ? 1 : 0;
    expect((await mesh.health()).groups[0]).toMatchObject({
      deadLetters,
      counters: { expired: 1, handled: 1 },
    });
  });

  it("logs each of them", async () => {
    const server = memoryServer();
    const logger = recordingLogger();
    const mesh = makeMesh({ server, logger, unknownType: "skip", expired: "skip" });
    mesh.on("com.acme.scan.*", () => undefined);
    await mesh.start();
    const send = await foreignProducer(server);
    await send({ type: "com.acme.scan.x", body: foreign({ type: "com.acme.scan.x" }) });
    await send({ type: "com.acme.scan.started.v1", body: foreign({ expirytime: "2001-01-01T00:00:00Z" }) });
    await send({ type: "com.acme.scan.started.v1", body: "nothing" });
    await drained(mesh);
    expect(logger.lines.map(({ message }) => message)).toEqual([
      "the catalog has no such event type",
      "the event has expired",
      "dead-lettered",
    ]);
  });

  it("an event on which a validator throws: tried again, then a dead letter, and the consumer goes on", async () => {
    let throwing = false;
    const validator = {
      validate(data: unknown) {
        if (throwing && data === "bad") throw new Error("validator");
        return { ok: true, data } as const;
      },
    };
    const noted = defineEvent<"com.acme.noted.v1", unknown>("com.acme.noted.v1", { validator });
    const mesh = makeMesh({ catalog: defineCatalog([noted]) });
    const seen: unknown[] = [];
    mesh.on("com.acme.noted.v1", { retry: retry({ immediate: 1 }) }, (event) => seen.push(event.data));
    await mesh.start();
    const both = [mesh.publish("com.acme.noted.v1", "bad"), mesh.publish("com.acme.noted.v1", "good")];
    throwing = true;
    await Promise.all(both);
    await eventually("the event behind it", () => seen.length === 1);
    await eventually("all is settled", async () => (await mesh.health()).groups[0]?.lag === 0);
    expect(seen).toEqual(["good"]);
    const [group] = (await mesh.health()).groups;
    expect(group).toMatchObject({ deadLetters: 1, counters: { retried: 1 } });
  });

  it("an event that kept killing the process: a dead letter that says so", async () => {
    const server = memoryServer();
    const clock = manualClock();
    const crashing = memoryBroker({ server, leaseMs: 1_000 });
    const victim = makeMesh({ broker: crashing, clock });
    const attempts: number[] = [];
    const policy = retry({ immediate: 0 });
    victim.on("com.acme.scan.started.v1", { retry: policy }, (_event, ctx) => {
      attempts.push(ctx.attempt);
      return new Promise(() => undefined);
    });
    await victim.start();
    await victim.publish("com.acme.scan.started.v1", { digest: "d" });
    await eventually("the first attempt", () => attempts.length === 1);
    crashing.crash();
    const next = makeMesh({ server, clock });
    next.on("com.acme.scan.started.v1", { retry: policy }, () => attempts.push(-1));
    await next.start();
    clock.advance(1_000);
    await drained(next);
    expect(attempts).toEqual([1]);
    for await (const letter of next.deadLetters("shop")) {
      expect(letter).toMatchObject({ reason: "exhausted", error: { code: "HANDLER_CRASHED" } });
    }
    expect((await next.health()).groups[0]?.deadLetters).toBe(1);
  });
});

describe("upcasting", () => {
  it("hands old versions lifted to handlers of the newest", async () => {
    const v2 = {
      ...artifactPublished,
      type: "com.acme.artifact.published.v2" as const,
    };
    const versions = defineCatalog([artifactPublished, v2]).upcast(
      "com.acme.artifact.published.v1",
      "com.acme.artifact.published.v2",
      (data) => ({ ...data, size: 0 }),
    );
    const mesh = makeMesh({ catalog: versions });
    const seen: unknown[] = [];
    mesh.on("com.acme.artifact.published.v2", (event) => seen.push([event.type, event.data]));
    await mesh.start();
    await mesh.publish("com.acme.artifact.published.v1", { digest: "old" });
    await eventually("the old event", () => seen.length === 1);
    expect(seen).toEqual([["com.acme.artifact.published.v2", { digest: "old", size: 0 }]]);
  });
});
