import { describe, expect, test } from "vitest";
import { spawnNode } from "../src/index.js";

const script = new URL("./programs/lines.ts", import.meta.url);

describe("spawnNode", () => {
  test("runs a TypeScript source, with arguments, environment, input and lines", async () => {
    await using child = spawnNode(script, ["ada"], { env: { TEST_WORD: "word" } });
    expect(await child.line(/^ready/)).toBe("ready ada word");
    child.write("one");
    expect(await child.line("heard")).toBe("heard one");
    child.write("two");
    expect(await child.line("heard")).toBe("heard two");
    expect(child.lines).toEqual(["ready ada word", "heard one", "heard two"]);
    expect(child.errors).toContain("a word on the side");
    child.write("leave");
    expect(await child.exit).toEqual({ code: 3, signal: null });
  });

  test("kill ends it by the signal given", async () => {
    await using child = spawnNode(script);
    await child.line("ready");
    await child.kill();
    expect(await child.exit).toEqual({ code: null, signal: "SIGKILL" });
    await child.kill();
  });

  test("waiting for a line fails when the process ends, and when the deadline passes", async () => {
    await using child = spawnNode(script);
    await child.line("ready");
    await expect(child.line("never said", 20)).rejects.toMatchObject({ code: "PROCESS_SILENT" });
    const waiting = expect(child.line("never said")).rejects.toMatchObject({
      code: "PROCESS_ENDED",
      message: expect.stringContaining("ready nobody"),
    });
    child.write("leave");
    await waiting;
  });
});
