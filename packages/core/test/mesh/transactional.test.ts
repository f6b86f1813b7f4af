import { memoryServer, retry, type Transaction } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { digestsOf, losing, published, settled, started, storeMesh } from "./store-support.js";
import { drained, eventually, makeMesh, manualClock } from "./support.js";

const transactional = { transactional: true } as const;

async function countersOf(mesh: ReturnType<typeof storeMesh>["mesh"], group = "shop") {
  const { groups } = await mesh.health();
  return groups.find((one) => one.group === group && one.channel === "delivery")?.counters;
}

describe("a transactional handler", () => {
  it("commits what it writes and publishes, with ids derived from the event", async () => {
    const { mesh, store } = storeMesh();
    const ids: string[] = [];
    const caused: unknown[] = [];
    mesh.on(published, transactional, (event, ctx) => {
      ctx.tx.client.set(event.data.digest, "handled");
    });
    mesh.on(published, transactional, (event, ctx) => {
      ids.push(ctx.publish(started, { digest: event.data.digest }).id);
      ids.push(ctx.publish(started, { digest: event.data.digest }).id);
    });
    mesh.on(started, { name: "recorder" }, (event) => void caused.push([event.id, event.causationid]));
    await mesh.start();
    const { id } = await mesh.publish(published, { digest: "a" });
    await eventually("both arrive", () => caused.length === 2);
    expect(caused).toEqual(ids.map((one) => [one, id]));
    expect(await store.transaction(async (tx) => tx.client.get("a"))).toBe("handled");
  });

  it("has its effect once, however often the broker delivers", async () => {
    const server = memoryServer({ faults: { seed: 7, duplicate: 0.5 } });
    const { mesh, store } = storeMesh({ server });
    const again = digestsOf(mesh, started);
    let runs = 0;
    mesh.on(published, transactional, (event, ctx) => {
      runs++;
      ctx.tx.client.set("count", Number(ctx.tx.client.get("count") ?? 0) + 1);
      ctx.publish(started, { digest: event.data.digest });
    });
    await mesh.start();
    for (let index = 0; index < 40; index++) await mesh.publish(published, { digest: `${index}` });
    await drained(mesh);
    await eventually("what it published arrives", () => new Set(again).size === 40);
    expect(runs).toBe(40);
    expect(await store.transaction(async (tx) => tx.client.get("count"))).toBe(40);
    const counters = await countersOf(mesh);
    expect(counters).toMatchObject({ handled: 40 });
    expect(counters?.repeated).toBeGreaterThan(5);
  });

  it("runs once for an event that was published twice with one id, and once for each group", async () => {
    const { mesh } = storeMesh();
    const runs: string[] = [];
    mesh.on(published, transactional, () => void runs.push("shop"));
    mesh.on(published, { ...transactional, name: "audit" }, () => void runs.push("audit"));
    await mesh.start();
    for (let time = 0; time < 3; time++) await mesh.publish(published, { digest: "a" }, { id: "same" });
    await mesh.publish(published, { digest: "a" }, { id: "same", source: "/elsewhere" });
    await drained(mesh);
    expect(runs.sort()).toEqual(["audit", "audit", "shop", "shop"]);
    expect(await countersOf(mesh)).toMatchObject({ handled: 2, repeated: 2 });
    expect(await countersOf(mesh, "shop.audit")).toMatchObject({ handled: 2, repeated: 2 });
  });

  it("leaves nothing when it throws, and is tried again", async () => {
    const { mesh, store } = storeMesh();
    const seen = digestsOf(mesh, started);
    const found: unknown[] = [];
    mesh.on(published, { ...transactional, retry: retry({ immediate: 2 }) }, (_, ctx) => {
      found.push([ctx.attempt, ctx.tx.client.get("row")]);
      ctx.tx.client.set("row", ctx.attempt);
      ctx.publish(started, { digest: `attempt ${ctx.attempt}` });
      if (ctx.attempt < 3) throw new Error("not yet");
    });
    await mesh.start();
    await mesh.publish(published, { digest: "a" });
    await eventually("it arrives", () => seen.length > 0);
    await drained(mesh);
    expect(seen).toEqual(["attempt 3"]);
    expect(found).toEqual([
      [1, undefined],
      [2, undefined],
      [3, undefined],
    ]);
    expect(await store.transaction(async (tx) => tx.client.get("row"))).toBe(3);
  });

  it("runs again after a conflict, in the same attempt, and publishes once with the same id", async () => {
    const { mesh } = storeMesh({ store: losing(2) });
    const seen: string[] = [];
    const ids: string[] = [];
    mesh.on(published, transactional, (event, ctx) => {
      expect(ctx.attempt).toBe(1);
      ids.push(ctx.publish(started, { digest: event.data.digest }).id);
    });
    mesh.on(started, { name: "recorder" }, (event) => void seen.push(event.id));
    await mesh.start();
    await mesh.publish(published, { digest: "a" });
    await eventually("it arrives", () => seen.length > 0);
    await drained(mesh);
    expect(ids).toEqual([ids[0], ids[0], ids[0]]);
    expect(seen).toEqual([ids[0]]);
    expect(await countersOf(mesh)).toMatchObject({ handled: 1, retried: 0 });
  });

  it("fails its attempt after too many conflicts", async () => {
    const { mesh } = storeMesh({ store: losing(11) });
    const attempts: number[] = [];
    mesh.on(published, transactional, (_, { attempt }) => void attempts.push(attempt));
    await mesh.start();
    await mesh.publish(published, { digest: "a" });
    await drained(mesh);
    expect(attempts).toEqual([...Array.from({ length: 11 }, () => 1), 2]);
  });

  it("takes mesh.publish with its tx, and no other into ctx.publish", async () => {
    const { mesh } = storeMesh();
    const seen = digestsOf(mesh, started);
    const refused: unknown[] = [];
    mesh.on(published, transactional, async (_, ctx) => {
      await mesh.publish(started, { digest: "own" }, { tx: ctx.tx });
      const other = { ...ctx.tx };
      const publish = ctx.publish.bind(ctx) as (...args: unknown[]) => unknown;
      try {
        publish(started, { digest: "other" }, { tx: other });
      } catch (error) {
        refused.push(error);
      }
    });
    await mesh.start();
    await mesh.publish(published, { digest: "a" });
    await eventually("it arrives", () => seen.length > 0);
    expect(seen).toEqual(["own"]);
    expect(refused).toMatchObject([{ code: "TX_FOREIGN" }]);
  });

  it("may publish at once, to a transactional handler too", async () => {
    const { mesh } = storeMesh();
    const seen: string[] = [];
    mesh.on(started, { ...transactional, name: "next" }, (event) => void seen.push(event.data.digest));
    mesh.on(published, transactional, async (event) => {
      await mesh.publish(started, { digest: event.data.digest });
      await settled();
    });
    await mesh.start();
    await mesh.publish(published, { digest: "a" });
    await eventually("it is handled", () => seen.length > 0);
    await drained(mesh);
    expect(seen).toEqual(["a"]);
    expect((await mesh.health()).groups.map(({ counters }) => counters.retried)).toEqual([0, 0]);
  });

  it("cannot begin another transaction of the store", async () => {
    const { mesh, store } = storeMesh();
    const errors: unknown[] = [];
    mesh.on(published, transactional, () =>
      store.transaction(async () => undefined).catch((error) => void errors.push(error)),
    );
    await mesh.start();
    await mesh.publish(published, { digest: "a" });
    await eventually("it is refused", () => errors.length === 1);
    expect(errors).toMatchObject([{ code: "STORE_NESTED" }]);
  });

  it("cannot publish any more when its time is up", async () => {
    const clock = manualClock();
    const { mesh, store } = storeMesh({ clock });
    const seen = digestsOf(mesh, started);
    const late: unknown[] = [];
    let running: Transaction | undefined;
    let goOn: () => void = () => undefined;
    mesh.on(published, { ...transactional, timeout: "1s" }, async (_, ctx) => {
      if (ctx.attempt > 1) return;
      running = ctx.tx;
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      try {
        ctx.publish(started, { digest: "late" });
      } catch (error) {
        late.push(error);
      }
      await mesh.publish(started, { digest: "late" }, { tx: ctx.tx }).catch((error) => late.push(error));
    });
    await mesh.start();
    await mesh.publish(published, { digest: "a" });
    await eventually("it runs", () => running !== undefined);
    clock.advance(1_000);
    await drained(mesh);
    goOn();
    await eventually("both are refused", () => late.length === 2);
    expect(late).toMatchObject([{ code: "CONTEXT_CLOSED" }, { code: "STORE_TX_ENDED" }]);
    await store.transaction((tx) => mesh.publish(started, { digest: "after" }, { tx }));
    await eventually("a later one arrives", () => seen.length > 0);
    expect(seen).toEqual(["after"]);
  });

  it("needs a store", async () => {
    const mesh = makeMesh();
    mesh.on(published, transactional, () => undefined);
    await expect(mesh.start()).rejects.toMatchObject({ code: "STORE_MISSING" });
  });
});
