import { createMesh, type MeshEvent, memoryBroker, memoryStore } from "@meshwright/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventually } from "../mesh/support.js";
import { type Command, catalog, Refused, releases, startedMesh, typesOf } from "./support.js";

const stream = "release/42";

describe("mesh.execute", () => {
  it("appends what the decider answers, and gives the state after it", async () => {
    const store = memoryStore();
    const mesh = await startedMesh(store);
    const first = await mesh.execute(releases(), stream, { open: "ann" });
    expect(first).toMatchObject({ version: 1, repeated: false, state: { isOpen: true } });
    expect(first.events).toMatchObject([
      { type: "com.acme.release.opened.v1", source: "/shop", data: { by: "ann" } },
    ]);
    const second = await mesh.execute(releases(), stream, { approve: "bob", twice: true });
    expect(second).toMatchObject({ version: 3, state: { approvals: ["bob", "bob"], weight: 2 } });
    expect(await typesOf(store, stream)).toEqual([
      "1 com.acme.release.opened.v1",
      "2 com.acme.release.approved.v2",
      "3 com.acme.release.approved.v2",
    ]);
  });

  it("does nothing where nothing is decided, and where the command is refused", async () => {
    const store = memoryStore();
    const mesh = await startedMesh(store);
    await expect(mesh.execute(releases(), stream, { approve: "ann" })).rejects.toBeInstanceOf(Refused);
    await mesh.execute(releases(), stream, { open: "ann" });
    const again = await mesh.execute(releases(), stream, { open: "bob" });
    expect(again).toEqual({
      version: 1,
      events: [],
      repeated: false,
      state: { isOpen: true, approvals: [], weight: 0 },
    });
    expect(await typesOf(store, stream)).toHaveLength(1);
  });

  it("decides again when another one was faster", async () => {
    const store = memoryStore();
    const mesh = await startedMesh(store);
    await mesh.execute(releases(), stream, { open: "ann" });
    const names = Array.from({ length: 20 }, (_, nr) => `approver ${nr}`);
    await Promise.all(names.map((approve) => mesh.execute(releases(), stream, { approve }, { retries: 20 })));
    const { state, version } = await mesh.execute(releases(), stream, { open: "ann" });
    expect(version).toBe(21);
    expect([...state.approvals].sort()).toEqual([...names].sort());
  });

  it("says so when others were faster too often", async () => {
    const mesh = await startedMesh();
    await mesh.execute(releases(), stream, { open: "ann" });
    const both = ["ann", "bob"].map((approve) =>
      mesh.execute(releases(), stream, { approve }, { retries: 0 }),
    );
    const [, lost] = await Promise.allSettled(both);
    expect(lost).toMatchObject({ reason: { code: "STREAM_CONFLICT", retryable: true } });
  });

  it("publishes the events where the decider wants that, in the same transaction", async () => {
    const seen: MeshEvent[] = [];
    const store = memoryStore();
    const mesh = await startedMesh(store, (own) =>
      own.on("com.acme.release.*", (event) => void seen.push(event)),
    );
    const { events } = await mesh.execute(releases({ publish: true }), stream, { open: "ann" });
    await mesh.execute(releases(), stream, { approve: "ann" }, { id: "in a transaction" });
    await mesh.execute(releases({ publish: true }), stream, { approve: "bob" });
    await eventually("they arrive", () => seen.length >= 2);
    expect(seen[0]).toEqual(events[0]);
    expect(seen.map(({ type }) => type)).toEqual([
      "com.acme.release.opened.v1",
      "com.acme.release.approved.v2",
    ]);
  });

  it("decides a command once, if it has an id, whatever became of the stream", async () => {
    const store = memoryStore();
    const mesh = await startedMesh(store);
    const first = await mesh.execute(releases(), stream, { open: "ann" }, { id: "command 1" });
    await mesh.execute(releases(), stream, { approve: "bob" });
    const again = await mesh.execute(releases(), stream, { open: "ann" }, { id: "command 1" });
    expect(again).toMatchObject({ repeated: true, events: [], version: 2, state: { approvals: ["bob"] } });
    await mesh.execute(releases(), "release/43", { open: "ann" }, { id: "command 1" });
    expect(await typesOf(store, "release/43")).toHaveLength(1);
    await expect(
      mesh.execute(releases(), "release/44", { approve: "ann" }, { id: "command 2" }),
    ).rejects.toBeInstanceOf(Refused);
    await mesh.execute(releases(), "release/44", { open: "ann" });
    const retried = await mesh.execute(releases(), "release/44", { approve: "ann" }, { id: "command 2" });
    expect(retried).toMatchObject({ repeated: false, version: 2 });
    expect(first.events[0]?.id).not.toBe(retried.events[0]?.id);
  });

  it("is part of a transaction that it is given", async () => {
    const store = memoryStore();
    const mesh = await startedMesh(store);
    const work = store.transaction(async (tx) => {
      tx.client.set("row", 1);
      await mesh.execute(releases({ publish: true }), stream, { open: "ann" }, { tx });
      const { version } = await mesh.execute(releases(), stream, { approve: "ann" }, { tx });
      expect(version).toBe(2);
      throw new Error("rolled back");
    });
    await expect(work).rejects.toThrow("rolled back");
    expect(await typesOf(store, stream)).toEqual([]);
    expect(await store.outbox.take(1)).toBeUndefined();
    await store.transaction((tx) => mesh.execute(releases(), stream, { open: "ann" }, { tx }));
    expect(await typesOf(store, stream)).toHaveLength(1);
    await memoryStore()
      .transaction(async () => undefined)
      .catch(() => undefined);
  });

  it("goes on with the correlation and the trace of its cause", async () => {
    const store = memoryStore();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const mesh = await startedMesh(store, (own) =>
      own.on("com.acme.release.approved.v2", { transactional: true }, async (cause, { tx }) => {
        await own.execute(releases(), stream, { open: cause.data.by }, { tx, cause });
      }),
    );
    const cause = await mesh.publish(
      "com.acme.release.approved.v2",
      { by: "ann", weight: 1 },
      { traceparent },
    );
    await eventually("it was handled", async () => (await typesOf(store, stream)).length === 1);
    for await (const { event } of store.streams.read(stream)) {
      expect(event).toMatchObject({ causationid: cause.id, correlationid: cause.id, traceparent });
    }
  });

  it("reads old events as their newest version, and stops at one that does not fit", async () => {
    const store = memoryStore();
    const mesh = await startedMesh(store);
    const { events } = await mesh.execute(releases(), stream, { open: "ann" });
    const old = {
      ...(events[0] as MeshEvent),
      id: "old",
      type: "com.acme.release.approved.v1",
      data: { by: "old" },
    };
    await store.streams.append(stream, 1, [old]);
    const { state } = await mesh.execute(releases(), stream, { open: "ann" });
    expect(state).toMatchObject({ approvals: ["old"], weight: 1 });
    for (const unfit of [
      { ...old, type: "com.acme.other.v1" },
      { ...old, data: { secret: 1 } },
    ]) {
      const other = `release/${unfit.type}`;
      await store.streams.append(other, 0, [unfit]);
      const refused = mesh.execute(releases(), other, { open: "ann" });
      await expect(refused).rejects.toMatchObject({ code: "STREAM_EVENT_UNFIT" });
      await expect(refused).rejects.not.toThrow(/secret/);
    }
  });

  it("refuses what cannot be published, and appends nothing", async () => {
    const store = memoryStore();
    const mesh = await startedMesh(store);
    const wrong = { open: 42 } as unknown as Command;
    await expect(mesh.execute(releases(), stream, wrong)).rejects.toMatchObject({
      code: "EVENT_SCHEMA_MISMATCH",
    });
    expect(await typesOf(store, stream)).toEqual([]);
  });

  it("needs a running mesh, a store, and a transaction of that", async () => {
    const mesh = createMesh({ service: "shop", catalog, broker: memoryBroker() });
    const execute = () => mesh.execute(releases(), stream, { open: "ann" });
    await expect(execute()).rejects.toMatchObject({ code: "MESH_NOT_RUNNING" });
    await mesh.start();
    await expect(execute()).rejects.toMatchObject({ code: "STORE_MISSING" });
    await mesh.stop();
    const other = await startedMesh();
    const foreign = { store: {} } as never;
    await expect(other.execute(releases(), stream, { open: "ann" }, { tx: foreign })).rejects.toMatchObject({
      code: "TX_FOREIGN",
    });
  });

  it("is what its decider says: any commands, at the same time, on a few streams", async () => {
    const commands = fc.array(
      fc.record({
        on: fc.constantFrom("release/1", "release/2"),
        command: fc.oneof(
          fc.record({ open: fc.constantFrom("ann", "bob") }),
          fc.record({ approve: fc.constantFrom("ann", "bob", "cid") }),
        ),
      }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(commands, fc.constantFrom(undefined, 2), async (all, every) => {
        const store = memoryStore();
        const mesh = await startedMesh(store);
        const decider = releases(every === undefined ? {} : { snapshot: { name: "release", every } });
        const outcomes = await Promise.allSettled(
          all.map(({ on, command }) => mesh.execute(decider, on, command, { retries: 40 })),
        );
        for (const on of ["release/1", "release/2"]) {
          const found = await typesOf(store, on);
          const appended = outcomes.flatMap((one, at) =>
            one.status === "fulfilled" && all[at]?.on === on ? one.value.events : [],
          );
          expect(found).toHaveLength(appended.length);
          // Opened at most once, first, and by each approver once.
          expect(found.filter((type) => type.includes("opened"))).toEqual(found.slice(0, 1));
          const { state } = await mesh.execute(decider, on, { open: "ann" });
          expect(new Set(state.approvals).size).toBe(state.approvals.length);
        }
        await mesh.stop({ timeout: 0 });
      }),
      { numRuns: 50 },
    );
  });
});
