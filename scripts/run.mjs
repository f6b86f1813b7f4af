#!/usr/bin/env node
// The tasks of this workspace: `npm run <task>`, or `node scripts/run.mjs <task> [arguments]`.
// Needs Node and npm alone. Installs what is missing, builds what the task needs, runs it, and passes on arguments
// and exit code. Tasks run from the sources where they can: the export condition below makes the packages find
// each other's `src`, so nothing has to be built before a test or the demo.
import { basename, delimiter, join } from "node:path";
import { ensureLts } from "./lib/lts.mjs";
import { node, runSteps } from "./lib/steps.mjs";
import { ensureInstalled, packagesInOrder, root, sourceFolders, tool } from "./lib/workspace.mjs";

const fromSources = ["--conditions=@meshwright/source", "--import", "tsx"];

const tasks = {
  demo: (args) => [node("demo", [...fromSources, "examples/pipeline/src/demo.ts", ...args])],
  chaos: (args) => [node("chaos", [...fromSources, "chaos/src/main.ts", ...args])],
  test: (args) => [
    ...(isWhole(args) ? [node("servers", [...fromSources, "scripts/servers.ts"])] : []),
    node("test", [tool("vitest"), "run", ...(isWhole(args) ? ["--typecheck"] : []), ...args]),
  ],
  // Measured as users run it: the built packages, and the harness compiled without the helpers tsx weaves in.
  bench: (args) => [
    ...tasks.build(),
    node("compile", [tool("tsup")], { cwd: join(root, "bench"), needed: true }),
    node("bench", ["bench/dist/main.js", ...args]),
  ],
  lint: () => [
    node("format and lint", [tool("biome", "@biomejs/biome"), "check"]),
    ...["types", "layers", "sizes", "unused"].flatMap((task) => tasks[task]()),
  ],
  build: () =>
    packagesInOrder().map((cwd) =>
      node(`build ${basename(cwd)}`, [tool("tsup"), "--silent"], { cwd, needed: true }),
    ),

  /** Brings the code that documents quote up to date; with `--check` only says what is stale. */
  docs: (args) => [node("docs", [join("scripts", "docs.mjs"), ...args])],

  // The gates of .ci/run, one by one.
  format: () => [node("format and lint", [tool("biome", "@biomejs/biome"), "ci"])],
  // Published packages state the types of what they export; tests and examples need not.
  types: () =>
    [".", "tsconfig.packages.json"].map((project) =>
      node(`types of ${project}`, [tool("tsc", "typescript"), "-p", project]),
    ),
  layers: () => [node("layers", [tool("depcruise", "dependency-cruiser"), ...layered])],
  sizes: () => [node("sizes", [join("scripts", "sizes.mjs")])],
  unused: () => [node("unused", [tool("knip")])],
  lts: (args) => {
    const bin = ensureLts();
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
    return [{ name: "lts", command: "node", args: [tool("vitest"), "run", ...fastOnly, ...args], env }];
  },
  packed: () => [node("packed", [join("scripts", "packed", "check.mjs")])],
};

const layered = ["--config", ".dependency-cruiser.mjs", "--output-type=err-long", ...sourceFolders];
const fastOnly = ["packages/core", "packages/sqlite", "packages/testing", "--exclude=**/*.slow.test.ts"];

/** A whole run installs the servers and checks the type tests too; a run of some files is for quick turns. */
const isWhole = (args) => !args.some((arg) => !arg.startsWith("-"));

const [task, ...args] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task ?? "")) {
  console.error(`Usage: node scripts/run.mjs <${Object.keys(tasks).join("|")}> [arguments]`);
  process.exit(2);
}
ensureInstalled();
process.exit(await runSteps(tasks[task](args)));
