import { type DeadLetter, defineCatalog, memoryServer, retry } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { drained, eventually, makeMesh, recordingLogger, scanStarted } from "./support.js";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("dead letters", () => {
  async function withLetters() {
    const mesh = makeMesh();
    const seen: string[] = [];
    let broken = true;
    mesh.on("com.acme.scan.started.v1", { name: "worker", retry: retry({ immediate: 1 }) }, (event, ctx) => {
      if (broken) throw new Error("broken");
      seen.push(`${event.data.digest}/${ctx.attempt}`);
    });
    mesh.on("com.acme.scan.started.v1", { name: "other" }, (event) =>
      seen.push(`other:${event.data.digest}`),
    );
    await mesh.start();
    for (const digest of ["a", "b", "c"]) await mesh.publish("com.acme.scan.started.v1", { digest });
    await drained(mesh);
    broken = false;
    seen.length = 0;
    return { mesh, seen };
  }
  const digestOf = (letter: DeadLetter) => Reflect.get(Object(letter.event?.data), "digest");

  it("are listed oldest first with what happened", async () => {
    const { mesh } = await withLetters();
    const letters = await collect(mesh.deadLetters("shop.worker"));
    expect(letters.map(digestOf)).toEqual(["a", "b", "c"]);
    expect(letters[0]).toMatchObject({
      group: "shop.worker",
      channel: "events",
      reason: "exhausted",
      attempts: 2,
    });
    expect(await collect(mesh.deadLetters("shop.other"))).toEqual([]);
  });

  it("go back to their own group only, attempts reset", async () => {
    const { mesh, seen } = await withLetters();
    expect(await mesh.redrive("shop.worker")).toBe(3);
    await drained(mesh);
    expect(seen.sort()).toEqual(["a/1", "b/1", "c/1"]);
    expect(await collect(mesh.deadLetters("shop.worker"))).toEqual([]);
  });

  it("are selected by `where` and `limit`", async () => {
    const { mesh, seen } = await withLetters();
    expect(await mesh.redrive("shop.worker", { where: (letter) => digestOf(letter) === "b" })).toBe(1);
    expect(await mesh.redrive("shop.worker", { limit: 1 })).toBe(1);
    await drained(mesh);
    expect(seen.sort()).toEqual(["a/1", "b/1"]);
    expect(await mesh.purge("shop.worker")).toBe(1);
    expect(await collect(mesh.deadLetters("shop.worker"))).toEqual([]);
  });
});

describe("replay", () => {
  it("reads history in order, from and to, filtered, without touching a group", async () => {
    const mesh = makeMesh();
    const live: string[] = [];
    mesh.on("com.acme.scan.started.v1", (event) => live.push(event.data.digest));
    await mesh.start();
    for (const digest of ["a", "b", "c", "d"]) await mesh.publish("com.acme.scan.started.v1", { digest });
    await drained(mesh);
    const positions: [string, string][] = [];
    const note = (event: { data: unknown }, at: { offset: string }) =>
      void positions.push([(event.data as { digest: string }).digest, at.offset]);
    expect(await mesh.replay({ channel: "events", from: "earliest" }, note)).toEqual({
      handled: 4,
      filtered: 0,
      unreadable: 0,
    });
    expect(positions.map(([digest]) => digest)).toEqual(["a", "b", "c", "d"]);
    const [, b, , d] = positions.map(([, offset]) => offset);
    if (b === undefined || d === undefined) throw new Error("no offsets");
    positions.length = 0;
    const where = { data: { digest: [{ "anything-but": "c" }] } };
    const result = await mesh.replay(
      { channel: "events", from: { offset: b }, to: { offset: d }, where } as never,
      note,
    );
    expect(result).toEqual({ handled: 1, filtered: 1, unreadable: 0 });
    expect(positions.map(([digest]) => digest)).toEqual(["b"]);
    expect(live).toEqual(["a", "b", "c", "d"]);
    expect((await mesh.health()).groups[0]?.lag).toBe(0);
  });

  it("passes over events of types that are neither in the catalog nor wanted, without a word", async () => {
    const server = memoryServer();
    const full = makeMesh({ server });
    await full.start();
    await full.publish("com.acme.scan.started.v1", { digest: "a" });
    await full.publish("com.acme.scan.finished.v1", { digest: "b", critical: 0 });
    const logger = recordingLogger();
    const narrow = makeMesh({ server, logger, catalog: defineCatalog([scanStarted]) });
    await narrow.start();
    const seen: string[] = [];
    const request = { channel: "events", from: "earliest" } as const;
    const started = { ...request, where: { type: ["com.acme.scan.started.v1"] } };
    expect(await narrow.replay(started, (event) => seen.push(event.type))).toMatchObject({
      handled: 1,
      filtered: 1,
    });
    expect(logger.lines).toEqual([]);
    expect(await narrow.replay(request, (event) => seen.push(event.type))).toMatchObject({ unreadable: 1 });
    expect(logger.lines).toHaveLength(1);
    expect(seen).toEqual(["com.acme.scan.started.v1", "com.acme.scan.started.v1"]);
  });

  it("rejects with what the handler throws", async () => {
    const mesh = makeMesh();
    await mesh.start();
    await mesh.publish("com.acme.scan.started.v1", { digest: "a" });
    const replay = mesh.replay({ channel: "events", from: "earliest" }, () => {
      throw new Error("enough");
    });
    await expect(replay).rejects.toThrow("enough");
  });
});

describe("from", () => {
  it("decides where a new group begins", async () => {
    const server = memoryServer();
    const early = makeMesh({ server });
    await early.start();
    await early.publish("com.acme.scan.started.v1", { digest: "before" });
    const seen: string[] = [];
    const late = makeMesh({ server, service: "late" });
    late.on("com.acme.scan.started.v1", { name: "all", from: "earliest" }, (event) =>
      seen.push(`all:${event.data.digest}`),
    );
    late.on("com.acme.scan.started.v1", { name: "new" }, (event) => seen.push(`new:${event.data.digest}`));
    await late.start();
    await early.publish("com.acme.scan.started.v1", { digest: "after" });
    await eventually("three", () => seen.length === 3);
    expect(seen.sort()).toEqual(["all:after", "all:before", "new:after"]);
  });
});
