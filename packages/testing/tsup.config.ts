import { library } from "../../scripts/tsup.preset.js";

export default library(["src/index.ts"]);
