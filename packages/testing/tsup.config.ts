import type { Options } from "tsup";
import { library } from "../../scripts/tsup.preset.js";

// The child is the program that runs a broker in a process of its own; it is found beside the built index.
const config: Options = library(["src/index.ts"], { child: "src/process/child.ts" });

export default config;
