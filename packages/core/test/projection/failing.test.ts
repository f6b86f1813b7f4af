import { MeshError, memoryDatabase, projection, StoreError } from "@meshwright/core";
import { storeRefusals } from "@meshwright/core/adapter";
import { expect, test } from "vitest";
import { settled } from "../mesh/store-support.js";
import { eventually, manualClock, recordingLogger } from "../mesh/support.js";
import {
  add,
  added,
  catalog,
  countMesh,
  counts,
  event,
  healthOf,
  numbersIn,
  openStore,
  running,
  storeThrough,
} from "./support.js";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test("a handler that throws: all before the event is in, the projection stands there and says so, and goes on by itself", async () => {
  const [clock, logger] = [manualClock(), recordingLogger()];
  let isBroken = true;
  const seen: number[] = [];
  const touch = (n: number) => {
    seen.push(n);
    if (n === 40 && isBroken) throw new MeshError("NO_SUCH_RELEASE", "secret");
  };
  const store = await openStore();
  await add(store, "count/a", ...numbers(60));
  const { mesh, handle } = await running(counts({ touch }), { store, clock, logger });
  await eventually("it stands", async () => (await healthOf(mesh)).state === "failing");
  expect(await numbersIn(handle, "count/a")).toEqual(numbers(40));
  // All, those before it, and it alone.
  expect(seen).toEqual([...numbers(41), ...numbers(40), 40]);
  const since = clock.now();
  expect(await healthOf(mesh)).toEqual({
    name: "counts",
    version: 1,
    live: undefined,
    state: "failing",
    position: 40,
    lag: 20,
    error: { code: "NO_SUCH_RELEASE", since, position: 41, stream: "count/a", version: 41, type: added },
  });
  expect(JSON.stringify(await mesh.health())).not.toContain("secret");
  clock.advance(100);
  const failures = () => logger.lines.filter(({ level }) => level === "error").length;
  await eventually("it has tried again", () => failures() === 2);
  expect((await healthOf(mesh)).error?.since).toBe(since);
  isBroken = false;
  clock.advance(200);
  await handle.caughtUp();
  expect(await numbersIn(handle, "count/a")).toEqual(numbers(60));
  expect(await healthOf(mesh)).toMatchObject({ state: "live", live: 1, position: 60, lag: 0 });
  expect(await healthOf(mesh)).not.toHaveProperty("error");
});

test("it tries again after twice the time each time, up to half a minute", async () => {
  const clock = manualClock();
  let tries = 0;
  const touch = () => {
    tries += 1;
    throw new Error("broken");
  };
  const { store, mesh } = await running(counts({ touch }), { clock });
  await add(store, "count/a", 1);
  for (const [index, ms] of [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000].entries()) {
    await eventually("it has tried", () => tries === index + 1);
    await eventually("it stands", async () => (await healthOf(mesh)).state === "failing");
    clock.advance(ms - 1);
    await settled();
    expect(tries).toBe(index + 1);
    clock.advance(1);
  }
});

test("what fails only at the end of the transaction is narrowed down as well", async () => {
  const clock = manualClock();
  const inner = await openStore();
  await add(inner, "count/a", ...numbers(50));
  // As a statement that failed, and whose handler went on: the commit fails.
  let broken: number | undefined = 37;
  let isPoisoned = false;
  const store = storeThrough(inner, (work, run) =>
    run(async (tx) => {
      isPoisoned = false;
      const result = await work(tx);
      if (isPoisoned) throw new StoreError("ROLLED_BACK", "rolled back", { retryable: false });
      return result;
    }),
  );
  const touch = (n: number) => {
    isPoisoned ||= n === broken;
  };
  const { mesh, handle } = await running(counts({ touch }), { store, clock });
  await eventually("it stands", async () => (await healthOf(mesh)).state === "failing");
  expect(await numbersIn(handle, "count/a")).toEqual(numbers(37));
  expect((await healthOf(mesh)).error).toMatchObject({ code: "ROLLED_BACK", position: 38, version: 38 });
  broken = undefined;
  clock.advance(100);
  await handle.caughtUp();
  expect(await numbersIn(handle, "count/a")).toEqual(numbers(50));
});

test("an event that does not fit its schema is not passed over", async () => {
  const { mesh, store, handle } = await running(counts());
  await add(store, "count/a", 1);
  await store.streams.append("count/a", 1, [event(added, { n: "payload" })]);
  await eventually("it stands", async () => (await healthOf(mesh)).state === "failing");
  expect((await healthOf(mesh)).error).toMatchObject({ code: "STREAM_EVENT_UNFIT", position: 2 });
  expect(await numbersIn(handle, "count/a")).toEqual([1]);
});

test("a document or a key that cannot be is an error at the call", async () => {
  const codes: unknown[] = [];
  const { mesh, store } = countMesh();
  const handle = mesh.projection(
    projection("counts", {
      catalog,
      version: 1,
      on: {
        [added]: async (_, { documents }) => {
          for (const key of ["", "x".repeat(513), "a\u0000", "\ud800", 7 as never])
            await documents.get(key).catch((error: unknown) => codes.push(error));
          await documents.set("a", undefined).catch((error: unknown) => codes.push(error));
          await documents.update("a", () => () => 1).catch((error: unknown) => codes.push(error));
        },
      },
    }),
  );
  await mesh.start();
  await add(store, "count/a", 1);
  await handle.caughtUp();
  const key = { code: "DOCUMENT_KEY_INVALID" };
  const document = { code: "DOCUMENT_INVALID" };
  expect(codes).toMatchObject([key, key, key, key, key, document, document]);
  await expect(handle.documents.get("")).rejects.toMatchObject(key);
});

test("a conflict with another transaction is no failure", async () => {
  let conflicts = 3;
  const inner = await openStore();
  const store = storeThrough(inner, (work, run) =>
    run(async (tx) => {
      const result = await work(tx);
      if (conflicts-- > 0) throw storeRefusals.conflict(undefined);
      return result;
    }),
  );
  const logger = recordingLogger();
  const { handle } = await running(counts(), { store, logger });
  await add(inner, "count/a", 1, 2);
  await handle.caughtUp();
  expect(await numbersIn(handle, "count/a")).toEqual([1, 2]);
  expect(conflicts).toBeLessThan(0);
  expect(logger.lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("a database that is away is waited for, with nothing narrowed down", async () => {
  const clock = manualClock();
  const inner = await openStore();
  await add(inner, "count/a", ...numbers(30));
  let isAway = true;
  const seen: number[] = [];
  const store = storeThrough(inner, (work, run) =>
    run(async (tx) => {
      const result = await work(tx);
      if (isAway) throw new StoreError("DATABASE_AWAY", "away", { retryable: true });
      return result;
    }),
  );
  const { mesh, handle } = await running(counts({ touch: (n) => void seen.push(n) }), { store, clock });
  await eventually("it says so", async () => (await healthOf(mesh)).state === "failing");
  expect((await healthOf(mesh)).error).toEqual({ code: "DATABASE_AWAY", since: clock.now() });
  expect(seen).toEqual(numbers(30));
  isAway = false;
  clock.advance(100);
  await handle.caughtUp();
  expect(await numbersIn(handle, "count/a")).toEqual(numbers(30));
});

test("an event that another process has got past is no failure any more", async () => {
  const database = memoryDatabase();
  const store = await openStore(database);
  await add(store, "count/a", 1, 2);
  const touch = () => {
    throw new Error("broken here");
  };
  const broken = await running(counts({ touch }), { database, clock: manualClock() });
  await eventually("it stands", async () => (await healthOf(broken.mesh)).state === "failing");
  const { handle } = await running(counts(), { database });
  await handle.ready();
  expect(await healthOf(broken.mesh)).toMatchObject({ state: "live", position: 2 });
});

test("without the database health still says what it can", async () => {
  const store = await openStore();
  const { mesh } = await running(counts(), { store });
  await eventually("it is live", async () => (await healthOf(mesh)).state === "live");
  await store.close();
  expect(await healthOf(mesh)).toMatchObject({ state: "failing", error: { code: "STORE_CLOSED" } });
});

test("a handler that hangs has failed after the timeout, and is told by its signal", async () => {
  const clock = manualClock();
  let isHanging = true;
  const reasons: unknown[] = [];
  const touch = (n: number, signal: AbortSignal) =>
    n === 2 && isHanging
      ? new Promise(() => signal.addEventListener("abort", () => reasons.push(signal.reason)))
      : undefined;
  const { mesh, store, handle } = await running(counts({ timeout: "5s", touch }), { clock });
  await handle.caughtUp();
  await add(store, "count/a", 1);
  await handle.caughtUp();
  await add(store, "count/a", 2);
  await eventually("it hangs", async () => (await healthOf(mesh)).lag === 1);
  clock.advance(5_000);
  await eventually("it stands", async () => (await healthOf(mesh)).state === "failing");
  expect((await healthOf(mesh)).error).toMatchObject({ code: "HANDLER_TIMEOUT", position: 2 });
  expect(reasons).toMatchObject([{ code: "HANDLER_TIMEOUT" }]);
  isHanging = false;
  clock.advance(100);
  await handle.caughtUp();
  expect(await numbersIn(handle, "count/a")).toEqual([1, 2]);
});

test("`setup` or `live` that throws leaves nothing, is said, and is tried again", async () => {
  const clock = manualClock();
  let broken: "setup" | "live" | undefined = "setup";
  const calls: string[] = [];
  const hook = (name: "setup" | "live") => () => {
    calls.push(name);
    if (broken === name) throw new MeshError(`${name.toUpperCase()}_BROKEN`, "broken");
  };
  const store = await openStore();
  await add(store, "count/a", 1, 2, 3);
  const { mesh, handle } = await running(counts({ setup: hook("setup"), live: hook("live") }), {
    store,
    clock,
  });
  await eventually("it stands", async () => (await healthOf(mesh)).error?.code === "SETUP_BROKEN");
  expect(await healthOf(mesh)).toMatchObject({ state: "failing", position: 0 });
  expect((await healthOf(mesh)).error).not.toHaveProperty("position");
  broken = "live";
  clock.advance(100);
  await eventually("it stands", async () => (await healthOf(mesh)).error?.code === "LIVE_BROKEN");
  expect((await healthOf(mesh)).error).not.toHaveProperty("position");
  // Then event by event, until it would arrive with the last one.
  clock.advance(200);
  await eventually("it stands", async () => (await healthOf(mesh)).position === 2 && calls.length === 4);
  await settled();
  expect((await healthOf(mesh)).error).toMatchObject({ code: "LIVE_BROKEN" });
  expect((await healthOf(mesh)).error).not.toHaveProperty("position");
  broken = undefined;
  clock.advance(400);
  await handle.caughtUp();
  await eventually("it is live", async () => (await healthOf(mesh)).state === "live");
  // What had begun is in, and does not begin again.
  expect(calls).toEqual(["setup", "setup", "live", "live", "live"]);
});
