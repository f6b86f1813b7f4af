/**
 * A process with a projection, to be killed and frozen: says which events it handles, stops when told to. Arguments: URL, lease in
 * milliseconds.
 */
import { once } from "node:events";
import { postgresStore } from "@meshwright/postgres";
import { applied, countMesh } from "./projection-support.js";

const [url = "", lease = "30000"] = process.argv.slice(2);
const mesh = countMesh(postgresStore({ url, lease: Number(lease) }));
mesh.projection(applied({ handles: (position) => console.log(`handles ${position}`) }));
await mesh.start();
console.log("runs");
await once(process.stdin, "data");
await mesh.stop();
console.log("stopped");
process.stdin.unref?.();
