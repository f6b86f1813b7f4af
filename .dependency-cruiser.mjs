import { rules } from "./scripts/layers.mjs";

export default {
  forbidden: rules,
  options: {
    // Follow the sources, as the tests do, also through imports of types alone.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@meshwright/source", "import", "types", "node", "default"],
    },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)dist/" },
  },
};
