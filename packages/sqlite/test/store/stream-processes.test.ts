/** Several processes append to the same streams, and are killed; what another one reads by pages is whole. */
import type { LogEvent } from "@meshwright/core";
import type { Store } from "@meshwright/core/adapter";
import { eventually, type NodeProcess, spawnNode } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFile } from "../support.js";
import { readLog, readStream } from "./stream-events.js";
import { openStore } from "./support.js";

function appender(path: string, name: string): NodeProcess {
  const child = spawnNode(new URL("./append-child.ts", import.meta.url), [path, name]);
  onTestFinished(() => child.kill());
  return child;
}

interface Appended {
  readonly stream: string;
  readonly version: number;
  readonly ids: readonly string[];
}

function appendedBy({ lines }: NodeProcess): Appended[] {
  return lines
    .filter((line) => line.startsWith("appended "))
    .map((line) => {
      const [, stream = "", version, ids = ""] = line.split(" ");
      return { stream, version: Number(version), ids: ids.split(",") };
    });
}

/** Reads what is new, page by page, until told that nothing more comes. */
async function follow(store: Store, isDone: () => boolean): Promise<LogEvent[]> {
  const found: LogEvent[] = [];
  let through = 0;
  await eventually("all has been read", async () => {
    const done = isDone();
    const page = await store.streams.page({ after: through, limit: 7 });
    found.push(...page.events);
    const isNew = page.through > through;
    through = page.through;
    return done && !isNew;
  });
  return found;
}

function requireWhole(log: readonly LogEvent[]): void {
  expect(log.map(({ position }) => position)).toEqual(log.map((_, at) => at + 1));
  const versions = new Map<string, number>();
  for (const { stream, version } of log) {
    expect(version).toBe((versions.get(stream) ?? 0) + 1);
    versions.set(stream, version);
  }
}

/** What was said to be appended is there, at its versions. */
async function requireThere(store: Store, appended: readonly Appended[]): Promise<void> {
  for (const stream of ["order/0", "order/1", "order/2"]) {
    const ids = (await readStream(store, stream)).map(({ event }) => event.id);
    for (const one of appended.filter((each) => each.stream === stream))
      expect(ids.slice(one.version - one.ids.length, one.version)).toEqual(one.ids);
  }
}

test("of two processes that append to the same streams, one that follows the log misses and repeats nothing", async () => {
  const path = temporaryFile();
  const store = await openStore({ path, busyTimeout: "20s" });
  const appenders = [appender(path, "one"), appender(path, "two")];
  let closed = 0;
  const following = follow(store, () => closed === 2);
  await eventually("both have appended", () => appenders.every((one) => appendedBy(one).length >= 150));
  for (const one of appenders) one.write("stop");
  for (const one of appenders) {
    await one.line("closed");
    closed++;
  }
  const found = await following;
  requireWhole(found);
  expect(found).toEqual(await readLog(store));
  const appended = appenders.flatMap(appendedBy);
  expect(found).toHaveLength(appended.flatMap(({ ids }) => ids).length);
  await requireThere(store, appended);
});

test("a process killed while it appends leaves whole appends only, and all that it was told of", async () => {
  const path = temporaryFile();
  const store = await openStore({ path, busyTimeout: "20s" });
  const appended: Appended[] = [];
  for (let round = 0; round < 4; round++) {
    const victim = appender(path, `round${round}`);
    await eventually("it appends", () => appendedBy(victim).length >= 20 + round);
    await victim.kill("SIGKILL");
    appended.push(...appendedBy(victim));
  }
  const found = await readLog(store);
  requireWhole(found);
  await requireThere(store, appended);
  // An append of turn n has 1 + n % 4 events.
  const turns = new Map<string, number>();
  for (const { event } of found) {
    const turn = event.id.slice(0, event.id.lastIndexOf("-"));
    turns.set(turn, (turns.get(turn) ?? 0) + 1);
  }
  for (const [turn, count] of turns) expect(count, turn).toBe(1 + (Number(turn.split("-")[1]) % 4));
});
