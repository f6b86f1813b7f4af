import { type Clock, type ProjectionHandle, systemClock } from "@meshwright/core";
import { type SqliteStore, sqliteStore } from "@meshwright/sqlite";
import { eventually, type NodeProcess, spawnNode, virtualClock } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFile } from "../support.js";
import { applied, countMesh, numbered } from "./projection-support.js";
import { handleOn, openStore } from "./support.js";

async function running(
  path: string,
  options: Parameters<typeof applied>[0] = {},
  clock: Clock = systemClock,
) {
  const mesh = countMesh(sqliteStore({ path, busyTimeout: "20s" }), clock);
  onTestFinished(() => mesh.stop({ timeout: 0 }));
  const handle = mesh.projection(applied(options));
  await mesh.start();
  return { mesh, handle, health: async () => (await mesh.health()).projections[0] };
}

async function rows(path: string, table = "applied_1"): Promise<unknown[]> {
  const database = await handleOn(path);
  return database
    .prepare(`SELECT n FROM ${table}`)
    .all()
    .map((row) => (row as { n: number }).n);
}

async function logOf(store: SqliteStore): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { event } of store.streams.readAll()) numbers.push((event.data as { n: number }).n);
  return numbers;
}

async function numbersIn(handle: ProjectionHandle<readonly number[]>): Promise<unknown> {
  return handle.documents.get("count/a");
}

test("rows, documents and checkpoint are one transaction; a new version is built beside, and a view switches", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  const live: NonNullable<Parameters<typeof applied>[0]>["live"] = ({ tx, version }) => {
    tx.client.prepare("DROP VIEW IF EXISTS applied").run();
    tx.client.prepare(`CREATE VIEW applied AS SELECT * FROM applied_${version}`).run();
  };
  await store.streams.append("count/a", 0, numbered(1, 2, 3));
  const old = await running(path, { live });
  await old.handle.ready();
  let isBroken = true;
  const handles = (position: number) => {
    if (position === 2 && isBroken) throw new Error("not yet");
  };
  const young = await running(path, { version: 2, live, handles });
  await eventually("it stands", async () => (await young.health())?.state === "failing");
  await store.streams.append("count/a", 3, numbered(4));
  await young.handle.caughtUp();
  expect(await numbersIn(young.handle)).toEqual([1, 2, 3, 4]);
  expect(await rows(path, "applied")).toEqual([1, 2, 3, 4]);
  isBroken = false;
  await young.handle.ready();
  expect(await rows(path, "applied")).toEqual([2, 4, 6, 8]);
  expect(await numbersIn(young.handle)).toEqual([2, 4, 6, 8]);
  expect(await young.health()).toMatchObject({ live: 2, state: "live", position: 4, lag: 0 });
});

test("while a long log is worked off, others have their turn to write", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  await store.streams.append("count/a", 0, numbered(...Array.from({ length: 300 }, (_, n) => n)));
  // Each event takes a while, so that a transaction has ten of them.
  const clock = virtualClock();
  let handled = 0;
  const handles = () => {
    handled += 1;
    return clock.advance("10ms");
  };
  const { handle, health } = await running(path, { handles }, clock);
  await eventually("it is at work", async () => ((await health())?.position ?? 0) > 0);
  const before = handled;
  await store.streams.append("count/b", 0, numbered(1));
  expect(handled - before).toBeLessThan(20);
  await handle.ready();
  await handle.caughtUp();
  expect(await rows(path)).toEqual(await logOf(store));
});

test("processes on one file, one of them killed in the middle again and again: each event once, in order", async () => {
  const path = temporaryFile();
  const store = await openStore({ path, busyTimeout: "20s" });
  const projecting = (): NodeProcess => {
    const child = spawnNode(new URL("./projection-child.ts", import.meta.url), [path]);
    onTestFinished(() => child.kill());
    return child;
  };
  let n = 0;
  const append = () => store.streams.append(`count/${n % 3}`, "any", numbered(++n, ++n));
  const survivor = projecting();
  await survivor.line("runs");
  for (let round = 0; round < 2; round++) {
    const victim = projecting();
    await victim.line("runs");
    await eventually("it handles", async () => {
      await append();
      return victim.lines.some((line) => line.startsWith("handles"));
    });
    await victim.kill("SIGKILL");
  }
  await eventually("all is in", async () => {
    const checkpoints = await store.checkpoints("applied@1");
    return checkpoints.find(({ name }) => name === "applied@1")?.position === n;
  });
  expect(await rows(path)).toEqual(await logOf(store));
  const documents = await store.documents.list("applied@1");
  const numbers = documents.flatMap(({ body }) => JSON.parse(body) as number[]);
  expect(numbers.sort((one, other) => one - other)).toEqual(Array.from({ length: n }, (_, at) => at + 1));
  survivor.write("stop");
  await survivor.line("stopped");
}, 60_000);
