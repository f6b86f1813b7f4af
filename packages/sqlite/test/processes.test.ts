import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { eventually } from "@meshwright/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { iterate, message, openBroker, subscribe, take, temporaryFile } from "./support.js";

const execArgv = ["--conditions=@meshwright/source", "--import", "tsx"];

function startChild(path: string): ChildProcess {
  const child = fork(new URL("./publish-on-request.ts", import.meta.url).pathname, [path], { execArgv });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function said(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const exit = (): void => ended.abort(new Error("the child ended"));
  child.once("exit", exit);
  try {
    return (await once(child, "message", { signal: ended.signal }))[0];
  } finally {
    child.off("exit", exit);
  }
}

/** The subscription has looked and found nothing: its reads and writes are done in turns of the event loop, and none is left. */
async function allDone(): Promise<void> {
  await eventually("only waiting is left", async () => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    return !process.getActiveResourcesInfo().includes("Immediate");
  });
}

describe("several processes on one file", () => {
  test("a waiting subscription is woken by another process, with no poll for an hour", async () => {
    const path = temporaryFile();
    const broker = await openBroker({ path, pollInterval: "1h" });
    const iterator = iterate(await subscribe(broker));
    const child = startChild(path);
    await said(child);
    for (let round = 0; round < 20; round += 1) {
      const waiting = take(iterator, 1);
      await allDone();
      child.send({ publish: `round-${round}` });
      const [delivery] = await waiting;
      expect(delivery?.message.id).toBe(`round-${round}`);
      await said(child);
    }
  });

  test("opening a new file at once from four processes and two brokers works", async () => {
    const path = temporaryFile();
    const children = Array.from({ length: 4 }, () => startChild(path));
    const [one] = await Promise.all([openBroker({ path }), openBroker({ path }), ...children.map(said)]);
    const iterator = iterate(await subscribe(one));
    for (const [index, child] of children.entries()) child.send({ publish: `from-${index}` });
    const ids = (await take(iterator, 4)).map((delivery) => delivery.message.id);
    expect(ids.sort()).toEqual(["from-0", "from-1", "from-2", "from-3"]);
  });

  test("a writer that holds the lock delays a publish and does not stop the event loop", async () => {
    const path = temporaryFile();
    const broker = await openBroker({ path });
    await broker.publish("orders", [message()]);
    const child = startChild(path);
    await said(child);
    child.send({ lockForMs: 300 });
    await said(child);
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await broker.publish("orders", [message()]);
    clearInterval(watch);
    expect(longest).toBeLessThan(200);
  });

  test("a lock held beyond busyTimeout rejects with SQLITE_BUSY, and what comes later works", async () => {
    const path = temporaryFile();
    const broker = await openBroker({ path, busyTimeout: "50ms" });
    await broker.publish("orders", [message()]);
    const child = startChild(path);
    await said(child);
    child.send({ lockForMs: 1_000 });
    await said(child);
    await expect(broker.publish("orders", [message()])).rejects.toMatchObject({
      code: "SQLITE_BUSY",
      retryable: true,
    });
    await said(child);
    await broker.publish("orders", [message()]);
  });
});
