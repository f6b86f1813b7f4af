// The packages as npm would hand them out: packed, looked at by publint and arethetypeswrong, then installed from
// their tarballs into an ESM and a CJS project outside the workspace, which are
// type-checked and run (main.ts).
// Needs a build (`npm run build`) and the registry, for the libraries that the packages depend on.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packagesInOrder, pnpm, readJson, root, tool } from "../lib/workspace.mjs";

const folder = mkdtempSync(join(tmpdir(), "packed-"));
const tarballs = join(folder, "tarballs");

function main() {
  const packed = pack();
  for (const { name, file } of packed) {
    step(`publint ${name}`, process.execPath, [tool("publint"), "run", file, "--strict"]);
    step(`attw ${name}`, process.execPath, [
      tool("attw", "@arethetypeswrong/cli"),
      file,
      "--profile",
      "node16",
    ]);
  }
  for (const kind of ["esm", "cjs"]) tryConsumer(kind, packed);
}

function pack() {
  mkdirSync(tarballs);
  const { command, args } = pnpm(["-r", "--filter", "./packages/*", "pack", "--pack-destination", tarballs]);
  step("pack", command, args);
  const files = readdirSync(tarballs);
  return packagesInOrder().map((path) => {
    const { name, version } = readJson(join(path, "package.json"));
    const base = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
    if (!files.includes(base)) fail("pack", `${name} was not packed as ${base}`);
    const file = join(tarballs, base);
    checkContents(name, file);
    return { name, file };
  });
}

/** What must and what must not be in a tarball. */
function checkContents(name, file) {
  const { stdout } = spawnSync("tar", ["-tzf", file], { encoding: "utf8" });
  const paths = stdout.split("\n").filter((path) => path !== "");
  for (const needed of ["LICENSE", "README.md", "dist/index.js", "dist/index.cjs"]) {
    if (!paths.includes(`package/${needed}`)) fail(`contents of ${name}`, `${needed} is missing`);
  }
  const strays = paths.filter((path) => /\/(test|chaos|node_modules)\/|\.test\.|tsup\.config/.test(path));
  if (strays.length > 0) fail(`contents of ${name}`, `not for publishing: ${strays.join(", ")}`);
}

function tryConsumer(kind, packed) {
  const cwd = join(folder, kind);
  mkdirSync(cwd);
  for (const file of ["main.ts", "adapter.ts"])
    copyFileSync(join(root, "scripts", "packed", file), join(cwd, file));
  const own = readJson(join(root, "package.json")).devDependencies;
  const manifest = {
    private: true,
    type: kind === "esm" ? "module" : "commonjs",
    dependencies: Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`])),
    devDependencies: { "@types/node": own["@types/node"], vitest: own.vitest },
  };
  writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest, null, 2));
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }, null, 2));
  step(`${kind} consumer: install`, "npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], cwd);
  step(`${kind} consumer: types`, process.execPath, [tool("tsc", "typescript"), "-p", "."], cwd);
  step(`${kind} consumer: run`, process.execPath, ["dist/main.js"], cwd);
}

const compilerOptions = {
  target: "es2022",
  module: "nodenext",
  moduleResolution: "nodenext",
  strict: true,
  // The declarations themselves are what is checked here.
  skipLibCheck: false,
  lib: ["ES2023", "ESNext.Disposable"],
  types: ["node"],
  outDir: "dist",
};

function step(name, command, args, cwd = root) {
  const shell = process.platform === "win32" && command !== process.execPath;
  const result = spawnSync(command, args, { cwd, encoding: "utf8", shell, env: cleanEnv() });
  if (result.status === 0) return console.log(`ok  ${name}`);
  fail(name, `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`);
}

/** Without what npm passes down to scripts, lest the workspace's settings reach the consumers. */
function cleanEnv() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?!config_(registry|cache|userconfig))/i.test(name),
  );
  return Object.fromEntries(kept);
}

function fail(name, why) {
  console.error(`${why}\nFAILED  ${name}`);
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}

main();
rmSync(folder, { recursive: true, force: true });
