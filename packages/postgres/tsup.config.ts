import type { Options } from "tsup";
import { library } from "../../scripts/tsup.preset.js";

const config: Options = library(["src/index.ts"]);

export default config;
