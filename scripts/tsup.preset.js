import { defineConfig } from "tsup";

/**
 * How every package is built: ESM and CJS, each with its own types. The entries of a package share their chunks in
 * both formats, so that a class is the same through every door and `instanceof` holds.
 */
export const library = (entry) =>
  defineConfig({
    entry,
    format: ["esm", "cjs"],
    target: "node20",
    platform: "node",
    // tsup's own declaration build sets `baseUrl`, which TypeScript 6 refuses unless told.
    dts: { compilerOptions: { ignoreDeprecations: "6.0", isolatedDeclarations: false, noEmit: false } },
    sourcemap: true,
    clean: true,
    shims: true,
    splitting: true,
    // Lets rollup write the CJS chunks. tsup's own way (sucrase) turns `?.`, `??` and `import()` into slower helpers.
    treeshake: true,
    // `node:sqlite` exists under that name only.
    removeNodeProtocol: false,
    tsconfig: "../../tsconfig.json",
  });
