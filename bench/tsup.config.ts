import { defineConfig } from "tsup";

// Compiled file by file: tsx would wrap every function to keep its name, and that would be measured too.
export default defineConfig({
  entry: ["src/**/*.ts"],
  bundle: false,
  format: "esm",
  target: "node20",
  clean: true,
  silent: true,
  removeNodeProtocol: false,
  tsconfig: "../tsconfig.json",
});
