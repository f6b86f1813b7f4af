import { join } from "node:path";
import { type SqliteBroker, sqliteBroker } from "@meshwright/sqlite";

/**
 * The broker that all services share: one file in the data folder. To run on another broker, change this line.
 * A short lease, so that the work of a killed service goes on after seconds.
 */
export function pipelineBroker(dataFolder: string): SqliteBroker {
  return sqliteBroker({ path: join(dataFolder, "mesh.db"), lease: "3s" });
}
