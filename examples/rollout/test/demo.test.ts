import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const demo = fileURLToPath(new URL("../src/demo.ts", import.meta.url));

it("rolls out, rolls back and supersedes, with real servers and real traffic", async () => {
  const args = ["--conditions=@meshwright/source", "--import", "tsx", demo];
  // It ends with another exit code than 0, and this rejects, where anything is not as it must be.
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const told = ["v2 is rolled out", "v3 is rolled back: It broke", "v4 is rolled back", "v5 is rolled out"];
  for (const line of told) expect(stdout).toContain(line);
}, 60_000);
