import type { Options } from "tsup";
import { library } from "../../scripts/tsup.preset.js";

/** vitest refuses to be required. Without it, the CommonJS build has everything but `testBroker`. */
const withoutVitest = `
const refuse = () => {
  throw new Error("testBroker needs vitest, which CommonJS cannot load. Call it from an ES module, or use runConformance.");
};
export { refuse as describe, refuse as test };
`;

// The child is the program that runs a broker in a process of its own; it is found beside the built index.
const config: Options = {
  ...library(["src/index.ts"], { child: "src/process/child.ts" }),
  // Hands vitest to the plugin below, which tsup would else leave alone as a peer dependency.
  noExternal: ["vitest"],
  esbuildPlugins: [
    {
      name: "without-vitest",
      setup({ initialOptions, onResolve, onLoad }) {
        const stub = { path: "vitest", namespace: "without-vitest" };
        const commonJs = initialOptions.outExtension?.[".js"] === ".cjs";
        onResolve({ filter: /^vitest$/ }, () => (commonJs ? stub : { path: "vitest", external: true }));
        onLoad({ filter: /.*/, namespace: "without-vitest" }, () => ({ contents: withoutVitest }));
      },
    },
  ],
};

export default config;
