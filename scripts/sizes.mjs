// Files stay small enough to be read in one go: 400 lines, tests 500. Biome has such a rule, but counts a block
// comment as one line.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./lib/workspace.mjs";

const limitOf = (path) => (/(^|\/)test\//.test(path) ? 500 : 400);

/** The lines of `text`, or undefined where they are within the limit for a file at `path`. */
export function tooLong(path, text) {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return lines > limitOf(path) ? lines : undefined;
}

function main() {
  const args = [
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
    "*.ts",
    "*.mts",
    "*.cts",
    "*.js",
    "*.mjs",
  ];
  const paths = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n");
  let failed = false;
  for (const path of paths.filter((each) => each !== "" && existsSync(join(root, each)))) {
    const lines = tooLong(path, readFileSync(join(root, path), "utf8"));
    if (lines === undefined) continue;
    console.error(
      `${path}: ${lines} lines, the limit is ${limitOf(path)}. Split it by what its parts are for.`,
    );
    failed = true;
  }
  process.exitCode = failed ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
