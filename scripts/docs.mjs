// Brings the documentation up to date with the sources it quotes: `npm run docs`, or `npm run docs -- --check`.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { refresh } from "./lib/excerpts.mjs";
import { root } from "./lib/workspace.mjs";

const check = process.argv.includes("--check");
const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
});
const generated = { "docs/adapters.md": adapters() };
const stale = [...new Set([...files.split("\n").filter(Boolean), ...Object.keys(generated)])].filter(
  (file) => {
    const path = join(root, file);
    const before = existsSync(path) ? readFileSync(path, "utf8") : "";
    const after = generated[file] ?? refresh(before, root);
    if (after !== before && !check) writeFileSync(path, after);
    return after !== before;
  },
);
for (const file of stale) console.log(`${check ? "stale" : "refreshed"}: ${file}`);
if (check && stale.length > 0) {
  console.error("Run `npm run docs` and commit the result.");
  process.exit(1);
}

/** What the brokers' manifests say. */
function adapters() {
  const fromSources = ["--conditions=@meshwright/source", "--import", "tsx"];
  return execFileSync(process.execPath, [...fromSources, "scripts/adapters.ts"], {
    cwd: root,
    encoding: "utf8",
  });
}
