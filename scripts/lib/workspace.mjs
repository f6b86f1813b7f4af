// Where things are in this workspace, and how it is installed. Node's own modules only: this runs before any install.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Everything these scripts leave behind lies here, out of git's sight. */
export const cache = join(root, "node_modules", ".cache", "meshwright");

export const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** The folders with sources in them, from the root. */
export const sourceFolders = ["packages", "examples", "bench", "chaos"].filter((name) =>
  existsSync(join(root, name)),
);

/** `npx …` of the pnpm that package.json pins, so that a machine needs npm alone. */
export function pnpm(args) {
  const pinned = readJson(join(root, "package.json")).packageManager;
  return { command: "npx", args: ["--yes", pinned, ...args] };
}

/** The script behind an installed tool, to be run by this very Node. */
export function tool(name, from = name) {
  const folder = join(root, "node_modules", from);
  const { bin } = readJson(join(folder, "package.json"));
  return join(folder, typeof bin === "string" ? bin : bin[name]);
}

/** The folders of the published packages, each after those it depends on. */
export function packagesInOrder() {
  const base = join(root, "packages");
  const manifests = new Map();
  for (const name of readdirSync(base).sort()) {
    const path = join(base, name, "package.json");
    if (existsSync(path)) manifests.set(join(base, name), readJson(path));
  }
  const folderOf = new Map([...manifests].map(([folder, manifest]) => [manifest.name, folder]));
  const ordered = new Set();
  const visit = (folder) => {
    const { dependencies, peerDependencies } = manifests.get(folder);
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      const needed = folderOf.get(name);
      if (needed && !ordered.has(needed)) visit(needed);
    }
    ordered.add(folder);
  };
  for (const folder of manifests.keys()) visit(folder);
  return [...ordered];
}

/** Installs what the lock file says, unless that is what lies there already. */
export function ensureInstalled() {
  const stamp = join(cache, "installed");
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log(`Installing dependencies with ${readJson(join(root, "package.json")).packageManager} …`);
  const { command, args } = pnpm(["install", "--frozen-lockfile", "--reporter=append-only"]);
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
    env: { ...process.env, CI: "true" },
  });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}`);
    console.error(result.error?.message ?? "Install failed.");
    process.exit(1);
  }
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, wanted);
}

function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(root, file)));
  return hash.digest("hex");
}
