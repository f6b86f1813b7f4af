import { type ClaimCheck, type MeshEvent, memoryStore, type Plugin } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { digestsOf, published, settled, storeMesh } from "./store-support.js";
import { drained, eventually, makeMesh, manualClock } from "./support.js";

describe("publish with tx", () => {
  it("sends the event after the commit, not before", async () => {
    const { mesh, store } = storeMesh();
    const seen = digestsOf(mesh);
    await mesh.start();
    const event = await store.transaction(async (tx) => {
      const event = await mesh.publish(published, { digest: "a" }, { tx, subject: "web" });
      await settled();
      expect(seen).toEqual([]);
      return event;
    });
    expect(event).toMatchObject({ type: published, subject: "web", data: { digest: "a" } });
    expect(Object.keys(event)).not.toContain("tx");
    await eventually("it arrives", () => seen.length === 1);
  });

  it("sends nothing of a transaction that was rolled back", async () => {
    const { mesh, store } = storeMesh();
    const seen = digestsOf(mesh);
    await mesh.start();
    const failing = store.transaction(async (tx) => {
      await mesh.publish(published, { digest: "never" }, { tx });
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    await store.transaction((tx) => mesh.publish(published, { digest: "after" }, { tx }));
    await eventually("the later one arrives", () => seen.length > 0);
    await drained(mesh);
    expect(seen).toEqual(["after"]);
  });

  it("keeps the order of commits, also of publishAll", async () => {
    const { mesh, store } = storeMesh();
    const seen: number[] = [];
    mesh.on(published, (event) => void seen.push(event.data.size ?? -1));
    await mesh.start();
    for (let at = 0; at < 90; at += 3) {
      await store.transaction(async (tx) => {
        const entry = (size: number) => ({ type: published, data: { digest: "same", size } }) as const;
        const events = await mesh.publishAll([entry(at), entry(at + 1)], { tx });
        expect(events.map(({ data }) => data)).toEqual([entry(at).data, entry(at + 1).data]);
        await mesh.publish(published, { digest: "same", size: at + 2 }, { tx });
      });
    }
    await eventually("all arrive", () => seen.length >= 90);
    expect(seen).toEqual(Array.from({ length: 90 }, (_, index) => index));
  });

  it("stores nothing of a publishAll of which one is wrong", async () => {
    const { mesh, store } = storeMesh({ relay: false });
    await mesh.start();
    await store.transaction(async (tx) => {
      const wrong = [
        { type: published, data: { digest: "a" } },
        { type: published, data: {} as { digest: string } },
      ] as const;
      await expect(mesh.publishAll(wrong, { tx })).rejects.toMatchObject({ code: "EVENT_SCHEMA_MISMATCH" });
    });
    expect(await store.outbox.take(10)).toBeUndefined();
  });

  it("shows events to plugins, in the order they were published", async () => {
    const shown: unknown[] = [];
    const plugin: Plugin = {
      name: "tags",
      publish: async (event, { channel }, next) => {
        shown.push([channel, event.data]);
        await next({ ...event, subject: "tagged" });
      },
    };
    const { mesh, store } = storeMesh({ plugins: [plugin] });
    const seen: MeshEvent[] = [];
    mesh.on(published, (event) => void seen.push(event));
    await mesh.start();
    const entries = ["a", "b", "c"].map((digest) => ({ type: published, data: { digest } }) as const);
    await store.transaction((tx) => mesh.publishAll(entries, { tx }));
    await eventually("they arrive", () => seen.length === 3);
    expect(shown).toEqual(entries.map(({ data }) => ["delivery", data]));
    expect(seen.map(({ subject }) => subject)).toEqual(["tagged", "tagged", "tagged"]);
  });

  it("keeps the order of calls, also where a plugin takes its time or refuses one", async () => {
    const plugin: Plugin = {
      name: "slow",
      publish: async (event, _, next) => {
        if (event.subject === "slow") await settled();
        if (event.subject === "refused") throw new Error("refused");
        await next(event);
      },
    };
    const { mesh, store } = storeMesh({ plugins: [plugin] });
    const seen = digestsOf(mesh);
    await mesh.start();
    await store.transaction(async (tx) => {
      const publish = (digest: string, subject: string) =>
        mesh.publish(published, { digest }, { tx, subject, key: "one" });
      const all = [publish("a", "slow"), publish("x", "refused"), publish("b", "fast"), publish("c", "fast")];
      const outcomes = await Promise.allSettled(all);
      expect(outcomes.map(({ status }) => status)).toEqual([
        "fulfilled",
        "rejected",
        "fulfilled",
        "fulfilled",
      ]);
    });
    await eventually("they arrive", () => seen.length === 3);
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("rejects, and stores nothing, where a plugin refuses or forgets the event", async () => {
    const plugin: Plugin = { name: "sink", publish: async () => undefined };
    const { mesh, store } = storeMesh({ plugins: [plugin], relay: false });
    await mesh.start();
    await store.transaction(async (tx) => {
      const publishing = mesh.publish(published, { digest: "a" }, { tx });
      await expect(publishing).rejects.toMatchObject({ code: "PUBLISH_NOT_FORWARDED" });
    });
    expect(await store.outbox.take(10)).toBeUndefined();
  });

  it("leaves large data with the claim check", async () => {
    const kept = new Map<string, unknown>();
    const dataref: ClaimCheck = {
      store: async ({ id, data }) => {
        kept.set(id, data);
        return id;
      },
      load: async (uri) => kept.get(uri),
    };
    const { mesh, store } = storeMesh({ dataref, maxEventBytes: 1_000 });
    const seen = digestsOf(mesh);
    await mesh.start();
    const digest = "x".repeat(5_000);
    await store.transaction((tx) => mesh.publish(published, { digest }, { tx, key: "k" }));
    await eventually("it arrives", () => seen.length === 1);
    expect(seen).toEqual([digest]);
    expect(kept.size).toBe(1);
  });

  it("keeps a delay", async () => {
    const clock = manualClock();
    const { mesh, store } = storeMesh({ clock });
    const seen = digestsOf(mesh);
    await mesh.start();
    await store.transaction(async (tx) => {
      await mesh.publish(published, { digest: "late" }, { tx, delay: "5m" });
      await mesh.publish(published, { digest: "now" }, { tx });
    });
    await eventually("the other arrives", () => seen.length === 1);
    clock.advance(299_999);
    await settled();
    expect(seen).toEqual(["now"]);
    clock.advance(1);
    await eventually("it arrives", () => seen.length === 2);
  });

  it("refuses transactions of another store, and where there is none", async () => {
    const { mesh } = storeMesh();
    const without = makeMesh();
    const other = memoryStore();
    const { mesh: owner } = storeMesh({ store: other });
    await Promise.all([mesh.start(), without.start(), owner.start()]);
    await other.transaction(async (tx) => {
      const foreign = { code: "TX_FOREIGN" };
      await expect(mesh.publish(published, { digest: "a" }, { tx })).rejects.toMatchObject(foreign);
      await expect(mesh.publishAll([], { tx })).rejects.toMatchObject(foreign);
      await expect(without.publish(published, { digest: "a" }, { tx })).rejects.toMatchObject(foreign);
    });
  });

  it("refuses a transaction that has ended, and one inside another", async () => {
    const { mesh, store } = storeMesh();
    await mesh.start();
    const ended = await store.transaction(async (tx) => tx);
    const late = mesh.publish(published, { digest: "a" }, { tx: ended });
    await expect(late).rejects.toMatchObject({ code: "STORE_TX_ENDED" });
    expect(() => ended.client.set("row", 1)).toThrow(/after its end/);
    await store.transaction(async () => {
      const inner = store.transaction(async () => undefined);
      await expect(inner).rejects.toMatchObject({ code: "STORE_NESTED" });
    });
  });
});
