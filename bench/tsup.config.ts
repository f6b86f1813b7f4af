import type { Options } from "tsup";

// Compiled file by file: tsx would wrap every function to keep its name, and that would be measured too.
const config: Options = {
  entry: ["src/**/*.ts"],
  bundle: false,
  format: "esm",
  target: "node20",
  clean: true,
  silent: true,
  removeNodeProtocol: false,
  tsconfig: "../tsconfig.json",
};

export default config;
