import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("./loads-ajv.ts", import.meta.url));

async function run(...args: string[]): Promise<string> {
  const options = ["--conditions=@meshwright/source", "--import", "tsx", program, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  return stdout.trim();
}

describe("ajv", () => {
  it("is loaded only for a catalog with a JSON Schema in it", async () => {
    expect(await Promise.all([run(), run("with-json-schema")])).toEqual(["no ajv", "ajv"]);
  });
});
