/** A process with a projection, to be killed: says which events it handles, stops when told to. Argument: path. */
import { once } from "node:events";
import { sqliteStore } from "@meshwright/sqlite";
import { applied, countMesh } from "./projection-support.js";

const [path = ""] = process.argv.slice(2);
const mesh = countMesh(sqliteStore({ path, busyTimeout: "20s" }));
mesh.projection(applied({ handles: (position) => console.log(`handles ${position}`) }));
await mesh.start();
console.log("runs");
await once(process.stdin, "data");
await mesh.stop();
console.log("stopped");
process.stdin.unref?.();
