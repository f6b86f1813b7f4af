import type { LogEvent } from "@meshwright/core";
import type { PostgresStore } from "@meshwright/postgres";
import { spawnNode } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { database, openStore } from "../support.js";
import { all, events, follow, gate, ids } from "./support.js";

const writers = 32;
const each = 12;

interface Written {
  readonly ids: string[];
  /** Pairs: the second transaction began when the first had committed. */
  readonly after: [string, string][];
}

/** Writes to streams of its own and to shared ones, in short transactions, long ones, ones that are rolled back, and none. */
async function write(store: PostgresStore, writer: number): Promise<Written> {
  const written: Written = { ids: [], after: [] };
  for (let at = 0; at < each; at++) {
    const sent = events(1 + ((writer + at) % 4));
    const stream = at % 3 === 0 ? "shared/1" : `own/${writer}`;
    if (at % 5 === 4) {
      await rollBack(store, stream);
      continue;
    }
    if (at % 2 === 0) await store.streams.append(stream, "any", sent);
    else
      await store.transaction(async (tx) => {
        await store.streams.append(stream, "any", sent, { tx });
        // Open for as long as others take for what they do meanwhile.
        for (let turn = 0; turn < writer % 8; turn++) await tx.client.query("SELECT pg_sleep(0.002)");
      });
    const last = written.ids.at(-1);
    if (last !== undefined) written.after.push([last, sent[0]?.id ?? ""]);
    written.ids.push(...sent.map(({ id }) => id));
  }
  return written;
}

async function rollBack(store: PostgresStore, stream: string): Promise<void> {
  const undo = new Error("rolled back");
  const work = store.transaction(async (tx) => {
    await store.streams.append(stream, "any", events(2), { tx });
    throw undo;
  });
  await expect(work).rejects.toBe(undo);
}

function expectWhole(log: readonly LogEvent[], written: readonly Written[]): void {
  expect(log.map(({ position }) => position)).toEqual(log.map((_, at) => at + 1));
  const sent = written.flatMap((one) => one.ids);
  expect(ids(log).sort()).toEqual([...sent].sort());
  const versions = new Map<string, number>();
  for (const { stream, version } of log) {
    expect(version, stream).toBe((versions.get(stream) ?? 0) + 1);
    versions.set(stream, version);
  }
  const places = new Map(log.map(({ event, position }) => [event.id, position]));
  for (const [before, after] of written.flatMap((one) => one.after))
    expect(places.get(before)).toBeLessThan(places.get(after) ?? 0);
}

test("readers that follow the log while 32 write see every event once, in order, and nothing comes late", async () => {
  const url = await database();
  const stores = await Promise.all(Array.from({ length: 4 }, () => openStore({ url })));
  const [first] = stores as [PostgresStore];
  const began = gate();
  // Its events have the lowest numbers of all, and are committed last.
  const early = events(3);
  const written = Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      await began.opened;
      return write(stores[writer % stores.length] as PostgresStore, writer);
    }),
  );
  const longest = first.transaction(async (tx) => {
    await first.streams.append("early", 0, early, { tx });
    began.open();
    await written;
  });
  let isWritten = false;
  const everything = Promise.all([written, longest]).then(([list]) => {
    isWritten = true;
    return [...list, { ids: early.map(({ id }) => id), after: [] }];
  });
  const children = [0, 1].map(() => spawnNode(new URL("./numbering-child.ts", import.meta.url), [url]));
  for (const child of children) onTestFinished(() => child.kill());
  const logs = await Promise.all(stores.map((store) => follow(store, () => isWritten)));
  const sent = await everything;
  for (const log of logs) expectWhole(log, sent);
  expect(await all(first.streams.readAll())).toEqual(logs[0]);
});
