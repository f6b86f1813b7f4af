import { existsSync } from "node:fs";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { eventually, spawnNode } from "../../src/index.js";
import { openSession } from "./session.js";

const program = new URL("../programs/servers.ts", import.meta.url);

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "a server and its folder are gone when its process ends by %s",
  async (signal) => {
    await using child = spawnNode(program);
    const { port, folder } = JSON.parse(await child.line("port"));
    expect(existsSync(folder)).toBe(true);
    expect(await isListening(port)).toBe(true);
    await child.kill(signal);
    await eventually("the server to be gone", async () => !(await isListening(port)));
    await eventually("the folder to be gone", () => !existsSync(folder));
  },
);

test("no session of a paused PostgreSQL outlives its process", async () => {
  await using child = spawnNode(program, ["postgres"]);
  const { port, folder } = JSON.parse(await child.line("port"));
  const session = await openSession(port);
  child.write("pause");
  await child.line("paused");
  await child.kill();
  await session.closed();
  await eventually("the server to be gone", async () => !(await isListening(port)));
  await eventually("the folder to be gone", () => !existsSync(folder));
});

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
