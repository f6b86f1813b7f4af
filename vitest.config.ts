import { defineConfig, type ViteUserConfig } from "vitest/config";

const conditions = ["@meshwright/source"];

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Where vitest runs the global setup.
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "examples/*/test/**/*.test.ts",
      "chaos/test/*.test.ts",
      "scripts/**/*.test.mjs",
    ],
    // Switched on by a whole run of `npm test`; compiles the tree once and reports each type test.
    typecheck: { include: ["packages/*/test/**/*.test-d.ts"], tsconfig: "./tsconfig.json" },
    globalSetup: ["scripts/shared-servers.ts"],
    testTimeout: 30_000,
    // RabbitMQ takes its time to start on a busy machine.
    hookTimeout: 60_000,
    pool: "forks",
  },
});

export default config;
