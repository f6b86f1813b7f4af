/** Prints whether ajv was loaded for a catalog: run as a process of its own. */
import { createRequire } from "node:module";
import { defineCatalog, defineEvent } from "@meshwright/core";
import { z } from "zod";

const validator = { validate: (data: unknown) => ({ ok: true as const, data }) };
const without = defineCatalog([
  defineEvent("a", { validator }),
  defineEvent("b", { schema: z.string() }),
  defineEvent("c"),
]);
const withOne = defineCatalog([without, defineEvent("d", { schema: { type: "object" } })]);
await (process.argv[2] === "with-json-schema" ? withOne : without).compile();
const loaded = Object.keys(createRequire(import.meta.url).cache);
console.log(loaded.some((file) => /[\\/]node_modules[\\/]ajv[\\/]/.test(file)) ? "ajv" : "no ajv");
