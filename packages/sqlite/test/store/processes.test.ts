import { eventually, spawnNode } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFile } from "../support.js";
import { commit, drain, handleOn, openStore, ownValues, row } from "./support.js";

const child = new URL("./child.ts", import.meta.url);

test("a process killed within its transaction leaves nothing, one killed after the commit all of it", async () => {
  const path = temporaryFile();
  const store = await openStore({ path, busyTimeout: "20s" });
  const own = await handleOn(path);
  own.exec("CREATE TABLE own (value TEXT)");
  for (const [step, expected] of [
    ["within", []],
    ["after", ["after"]],
  ] as const) {
    const victim = spawnNode(child, [path, step]);
    onTestFinished(() => victim.kill());
    await victim.line("stands still");
    await victim.kill("SIGKILL");
    const claim = { group: "g", source: "s", id: step };
    expect(await store.transaction((tx) => tx.claim(claim))).toBe(step === "within");
    expect(ownValues(own)).toEqual(expected);
    expect(await drain(store)).toEqual(expected);
  }
});

test("while another process has the lock longer than busyTimeout, transactions are refused as conflicts", async () => {
  const path = temporaryFile();
  const store = await openStore({ path, busyTimeout: 30 });
  (await handleOn(path)).exec("CREATE TABLE own (value TEXT)");
  const holder = spawnNode(child, [path, "within"]);
  onTestFinished(() => holder.kill());
  await holder.line("stands still");
  let ran = 0;
  const refused = store.transaction(async () => void ran++, { retries: 1 });
  await expect(refused).rejects.toMatchObject({ code: "STORE_CONFLICT", retryable: true });
  await expect(store.pruneInbox(0)).rejects.toMatchObject({ code: "SQLITE_BUSY", retryable: true });
  expect(ran).toBe(0);
  expect(await store.outbox.refused()).toEqual([]);
  await holder.kill("SIGKILL");
  await commit(store, "after");
  expect(await drain(store)).toEqual(["after"]);
});

test("a process that has one transaction after another shuts nobody out", async () => {
  const path = temporaryFile();
  const store = await openStore({ path, busyTimeout: "1s" });
  (await handleOn(path)).exec("CREATE TABLE own (value TEXT)");
  const busy = spawnNode(new URL("./busy-child.ts", import.meta.url), [path]);
  onTestFinished(() => busy.kill());
  await busy.line("busy");
  for (let turn = 0; turn < 40; turn++) await commit(store, String(turn));
  expect(await drain(store)).toHaveLength(40);
  await busy.kill("SIGKILL");
});

test("a relay killed or frozen with a batch loses nothing: after the lease another one is given the rows", async () => {
  for (const signal of ["SIGKILL", "SIGSTOP"] as const) {
    const path = temporaryFile();
    const store = await openStore({ path });
    const victim = spawnNode(child, [path, "relay", "1000"]);
    onTestFinished(() => victim.kill());
    await victim.line("stands still");
    await victim.kill(signal);
    await eventually("the row is given out", async () => (await drain(store)).includes("relay"));
    if (signal === "SIGKILL") continue;
    await victim.kill("SIGCONT");
    victim.write("end");
    await victim.line("STORE_LEASE_LOST");
  }
});

test("two processes that relay share the work: every row once, each key in order", async () => {
  const path = temporaryFile();
  const store = await openStore({ path, busyTimeout: "20s" });
  const file = new URL("./relay-child.ts", import.meta.url);
  const relays = [spawnNode(file, [path]), spawnNode(file, [path])];
  for (const relay of relays) onTestFinished(() => relay.kill());
  await Promise.all(relays.map((relay) => relay.line("relays")));
  const keys = Array.from({ length: 40 }, (_, key) => `key-${key}`);
  for (let turn = 0; turn < 25; turn++) {
    await store.transaction((tx) => tx.append(keys.map((key) => row({ key, id: String(turn) }))));
  }
  const rows = (): string[] => relays.flatMap(({ lines }) => lines.filter((line) => line.startsWith("row ")));
  await eventually("all has been relayed", () => rows().length >= 1_000);
  for (const relay of relays) relay.write("stop");
  await Promise.all(relays.map((relay) => relay.line("closed")));
  expect(new Set(rows()).size).toBe(1_000);
  expect(rows()).toHaveLength(1_000);
  for (const { lines } of relays) {
    expect(lines.length).toBeGreaterThan(10);
    for (const key of keys) {
      const turns = lines
        .filter((line) => line.startsWith(`row ${key} `))
        .map((line) => Number(line.split(" ")[2]));
      expect(turns).toEqual([...turns].sort((one, other) => one - other));
    }
  }
  expect(await store.outbox.take(1)).toBeUndefined();
});

test("who watches is told of commits of another process", async () => {
  const path = temporaryFile();
  const store = await openStore({ path });
  (await handleOn(path)).exec("CREATE TABLE own (value TEXT)");
  let told = 0;
  onTestFinished(store.outbox.watch(() => told++));
  const other = spawnNode(child, [path, "after"]);
  onTestFinished(() => other.kill());
  await eventually("the watcher is told", () => told > 0);
});
