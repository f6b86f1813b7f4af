// Shows that the lint rules the design leans on fire: one offence each, in a temporary folder.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, tool } from "../lib/workspace.mjs";

const offences = [
  ["performance/noReExportAll", "packages/core/src/index.ts", `export * from "./event/event.js";\n`],
  ["performance/noBarrelFile", "packages/core/src/event/all.ts", `export { x } from "./event.js";\n`],
  ["style/noDefaultExport", "packages/core/src/event/own.ts", "export default 1;\n"],
  [
    "style/noNonNullAssertion",
    "packages/core/src/event/sure.ts",
    "export const f = (a?: string): string => a!;\n",
  ],
  [
    "style/noParameterAssign",
    "packages/core/src/event/param.ts",
    "export function f(a: number): void {\n  a = 1;\n}\n",
  ],
  ["style/useFilenamingConvention", "packages/core/src/event/camelCase.ts", "export const x = 1;\n"],
  [
    "style/useImportType",
    "packages/core/src/event/types.ts",
    `import { A } from "./a.js";\nexport const x: A = 1;\n`,
  ],
  ["suspicious/noConsole", "packages/core/src/event/print.ts", "console.log(1);\n"],
  ["suspicious/noExplicitAny", "packages/core/src/event/any.ts", "export const x: any = 1;\n"],
  ["suspicious/noFocusedTests", "packages/core/test/only.test.ts", `test.only("x", () => {});\n`],
  ["suspicious/noTsIgnore", "packages/core/src/event/ignore.ts", "// @ts-ignore\nexport const x = 1;\n"],
  [
    "nursery/noFloatingPromises",
    "packages/core/src/event/floating.ts",
    "async function f() {}\nf();\nexport {};\n",
  ],
];

const fine = {
  "packages/core/src/event/event.ts": "export const x = 1;\n",
  "packages/core/src/adapter.ts": `export { x } from "./event/event.js";\n`,
  "packages/core/tsup.config.ts": "export default 1;\n",
};

let folder;
let found;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lint-"));
  cpSync(join(root, "biome.json"), join(folder, "biome.json"));
  for (const [path, text] of [...Object.entries(fine), ...offences.map(([, path, text]) => [path, text])]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const args = ["lint", "--vcs-enabled=false", "--reporter=json", "--max-diagnostics=none"];
  const { stdout } = spawnSync(process.execPath, [tool("biome", "@biomejs/biome"), ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  found = JSON.parse(stdout).diagnostics;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rulesFiredFor = (path) =>
  found.filter((each) => each.location.path.endsWith(path)).map((each) => each.category);

test.each(offences)("%s fires on %s", (rule, path) => {
  expect(rulesFiredFor(path)).toContain(`lint/${rule}`);
});

test.each(Object.keys(fine))("%s passes", (path) => {
  expect(rulesFiredFor(path)).toEqual([]);
});
