import { eventually, spawnNode } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { database, drain, openStore, poolOn } from "./support.js";

const child = new URL("./child.ts", import.meta.url);

test("a process killed within its transaction leaves nothing, one killed after the commit all of it", async () => {
  const url = await database();
  const store = await openStore({ url });
  const pool = poolOn(url);
  await pool.query("CREATE TABLE own (value text)");
  for (const [step, expected] of [
    ["within", []],
    ["after", ["after"]],
  ] as const) {
    const victim = spawnNode(child, [url, step]);
    onTestFinished(() => victim.kill());
    await victim.line("stands still");
    await victim.kill("SIGKILL");
    expect(await store.transaction((tx) => tx.claim({ group: "g", source: "s", id: step }))).toBe(
      step === "within",
    );
    expect((await pool.query("SELECT value FROM own")).rows.map(({ value }) => value)).toEqual(expected);
    expect(await drain(store)).toEqual(expected);
  }
});

test("a relay killed with a batch loses nothing: another one is given the rows", async () => {
  const url = await database();
  const store = await openStore({ url });
  const victim = spawnNode(child, [url, "relay"]);
  onTestFinished(() => victim.kill());
  await victim.line("stands still");
  expect(await store.outbox.take(10)).toBeUndefined();
  await victim.kill("SIGKILL");
  await eventually("the row is given out", async () => (await drain(store)).includes("relay"));
});

test("a relay that is frozen loses its rows within the lease", async () => {
  const url = await database();
  const store = await openStore({ url });
  const victim = spawnNode(child, [url, "relay", "300"]);
  onTestFinished(() => victim.kill());
  await victim.line("stands still");
  await victim.kill("SIGSTOP");
  await eventually("the row is given out", async () => (await drain(store)).includes("relay"));
  await victim.kill("SIGCONT");
  victim.write("end");
  await victim.line("STORE_LEASE_LOST");
});
