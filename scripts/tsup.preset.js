import { defineConfig } from "tsup";

/** How every package is built: ESM and CJS, each with its own types. */
export const library = (entry) =>
  defineConfig({
    entry,
    format: ["esm", "cjs"],
    target: "node20",
    platform: "node",
    dts: { compilerOptions: { ignoreDeprecations: "6.0", isolatedDeclarations: false, noEmit: false } },
    sourcemap: true,
    clean: true,
    shims: true,
    splitting: true,
    tsconfig: "../../tsconfig.json",
  });
