import { basename } from "node:path";
import type { Options } from "tsup";

/**
 * How every package is built: ESM and CJS, each with its own types. The entries of a package share their chunks in
 * both formats, so that a class is the same through every door and `instanceof` holds.
 * `entry` lists the package's doors; `programs` are files that run as processes and so need no types, by their names
 * in dist.
 */
export function library(entry: readonly string[], programs: Readonly<Record<string, string>> = {}): Options {
  const doors = Object.fromEntries(entry.map((path) => [basename(path, ".ts"), path]));
  return {
    entry: { ...doors, ...programs },
    format: ["esm", "cjs"],
    target: "node20",
    platform: "node",
    // tsup's own declaration build sets `baseUrl`, which TypeScript 6 refuses unless told.
    dts: {
      entry: doors,
      compilerOptions: { ignoreDeprecations: "6.0", noEmit: false },
    },
    sourcemap: true,
    clean: true,
    shims: true,
    splitting: true,
    // Lets rollup write the CJS chunks. tsup's own way (sucrase) turns `?.`, `??` and `import()` into slower helpers.
    treeshake: true,
    // `node:sqlite` exists under that name only.
    removeNodeProtocol: false,
    tsconfig: "../../tsconfig.json",
  };
}
