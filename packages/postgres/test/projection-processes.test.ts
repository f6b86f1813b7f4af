/** Processes that have the same projection, and are killed and frozen in the middle of it. */
import { eventually, type NodeProcess, spawnNode } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { numbered } from "./projection-support.js";
import { database, openStore, poolOn } from "./support.js";

function projecting(url: string, lease = "30000"): NodeProcess {
  const child = spawnNode(new URL("./projection-child.ts", import.meta.url), [url, lease]);
  onTestFinished(() => child.kill());
  return child;
}

/** Appends while others project, and tells what there is. */
async function world() {
  const url = await database();
  const [store, pool] = [await openStore({ url }), poolOn(url)];
  let n = 0;
  const append = async (times: number, many = 2): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const numbers = Array.from({ length: many }, () => ++n);
      await store.streams.append(`count/${i % 3}`, "any", numbered(...numbers));
    }
  };
  const position = async (): Promise<number> =>
    (await store.checkpoints("applied@1")).find(({ name }) => name === "applied@1")?.position ?? 0;
  const requireWhole = async (): Promise<void> => {
    const log: number[] = [];
    for await (const { event } of store.streams.readAll()) log.push((event.data as { n: number }).n);
    const { rows } = await pool.query<{ n: number; position: string }>(
      "SELECT n, position FROM applied_1 ORDER BY nr",
    );
    expect(rows.map(({ n }) => n)).toEqual(log);
    expect(rows.map(({ position }) => Number(position))).toEqual(log.map((_, at) => at + 1));
    const documents = await store.documents.list("applied@1");
    expect(documents.flatMap(({ body }) => JSON.parse(body) as number[]).sort((a, b) => a - b)).toEqual(
      log.sort((a, b) => a - b),
    );
  };
  return { url, store, append, position, requireWhole, head: () => n };
}

test("processes that are killed in the middle, and others that take over: each event once, in order", async () => {
  const { url, append, position, requireWhole, head } = await world();
  const survivors = [projecting(url), projecting(url)];
  await Promise.all(survivors.map((one) => one.line("runs")));
  for (let round = 0; round < 2; round++) {
    const victim = projecting(url);
    await victim.line("runs");
    const appending = append(40);
    await eventually("it handles", async () => {
      if (victim.lines.some((line) => line.startsWith("handles"))) return true;
      await append(1);
      return false;
    });
    await victim.kill("SIGKILL");
    await appending;
  }
  await eventually("all is in", async () => (await position()) === head());
  await requireWhole();
  for (const one of survivors) {
    one.write("stop");
    await one.line("stopped");
  }
}, 60_000);

test("a process that is frozen in the middle loses the projection within the lease; what it does later counts for nothing", async () => {
  const { url, append, position, requireWhole, head } = await world();
  await append(3, 200);
  const frozen = projecting(url, "500");
  await frozen.line("handles");
  await frozen.kill("SIGSTOP");
  const before = await position();
  expect(before).toBeLessThan(head());
  const heir = projecting(url);
  await heir.line("runs");
  await eventually("all is in", async () => (await position()) === head(), { deadlineMs: 25_000 });
  await frozen.kill("SIGCONT");
  await append(10);
  await eventually("all is in", async () => (await position()) === head());
  await requireWhole();
}, 60_000);
