// The current Node LTS, for a run of the tests on it: the npm package that carries the binary, pinned.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./workspace.mjs";

const version = "24.21.0";
/** The npm package with the binary for this machine; the package `node` only runs a script that installs it. */
const carrier = `node${process.platform === "darwin" && process.arch === "arm64" ? "-bin" : ""}-${process.platform}-${process.arch}`;

/** Installs it once; returns the folder of its binary, to be put first on PATH. */
export function ensureLts() {
  const folder = join(cache, `node-${version}`);
  const bin = join(folder, "node_modules", carrier, "bin");
  if (existsSync(join(bin, "node"))) return bin;
  console.log(`Installing Node ${version} …`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const args = [
    "install",
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    `${carrier}@${version}`,
  ];
  const result = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  if (result.status === 0 && existsSync(join(bin, "node"))) return bin;
  console.error(`${result.stdout}${result.stderr}\nFailed: installing ${carrier}@${version}`);
  process.exit(1);
}
