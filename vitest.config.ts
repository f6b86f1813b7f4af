import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["@meshwright/source"] },
  ssr: { resolve: { conditions: ["@meshwright/source"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "scripts/**/*.test.mjs"],
    // Switched on by a whole run of `npm test`; compiles the tree once and reports each type test.
    typecheck: { include: ["packages/*/test/**/*.test-d.ts"], tsconfig: "./tsconfig.json" },
    testTimeout: 30_000,
    pool: "forks",
  },
});

export default config;
