/** Prints ratios, each taken in one run: `npm run bench`, or `npm run bench -- codec sqlite`. */
import { cpus } from "node:os";
import { codec, codecAgainstSdk, validation } from "./codec.js";
import { dispatch } from "./dispatch.js";
import { type Comparison, compare } from "./harness.js";
import { sqliteCycle, sqlitePublish } from "./sqlite.js";

interface Suite {
  readonly comparison: Comparison;
  stop?(): Promise<void>;
}

const alone = (comparison: Comparison): Suite => ({ comparison });

const suites: Readonly<Record<string, readonly (() => Promise<Suite>)[]>> = {
  codec: [async () => alone(await codec()), async () => alone(await codecAgainstSdk())],
  validation: [async () => alone(await validation())],
  memory: [dispatch],
  sqlite: [sqlitePublish, sqliteCycle],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  console.error(`No such suite: ${unknown.join(", ")}. There are: ${Object.keys(suites).join(", ")}.`);
  process.exit(2);
}
console.log(
  `Node ${process.versions.node}, ${cpus().length} cores. Ratios are to the first row of each table.`,
);
for (const [name, prepare] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const make of prepare) {
    const { comparison, stop } = await make();
    await compare(comparison);
    await stop?.();
  }
}
