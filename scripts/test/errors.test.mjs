// Every error code in the sources is explained in docs/errors.md, and nothing is explained that no source has.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../lib/workspace.mjs";

const code = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;

function codesInSources() {
  const files = readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" }).filter((file) =>
    /^[^/]+\/src\/.*\.ts$/.test(file),
  );
  const found = files.flatMap((file) => {
    const text = readFileSync(join(root, "packages", file), "utf8");
    const quoted = [...text.matchAll(/"([A-Z0-9_]+)"/g), ...text.matchAll(/^ {2}(EVENT_[A-Z0-9_]+):/gm)];
    return quoted.map(([, name]) => name);
  });
  // Variables of the environment look like codes.
  return [...new Set(found)].filter((name) => code.test(name) && !name.startsWith("MESHWRIGHT_")).sort();
}

function codesInDocs() {
  const text = readFileSync(join(root, "docs", "errors.md"), "utf8");
  return [...text.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, name]) => name).sort();
}

test("docs/errors.md explains every code, and only those", () => {
  expect(codesInDocs()).toEqual(codesInSources());
});
