import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  resolve: { conditions: ["@meshwright/source"] },
  ssr: { resolve: { conditions: ["@meshwright/source"] } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts", "scripts/**/*.test.mjs"],
    typecheck: { enabled: false },
    testTimeout: 30_000,
    pool: "forks",
  },
});

export default config;
