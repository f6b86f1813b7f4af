/** Which code compiles against a catalog, and which does not. Checked by the compiler; nothing here runs. */
import { type Catalog, defineCatalog, defineEvent, type MeshEvent } from "@meshwright/core";
import { type } from "arktype";
import * as v from "valibot";
import { expectTypeOf } from "vitest";
import type { EventFor } from "../../src/schema/event-types.js";
import { catalog, dated, meshOf, opaque, scanned } from "./mesh-shape.js";

const mesh = meshOf({ catalog });
type C = typeof catalog;

// One name.
mesh.on("com.acme.built.v1", (event) => {
  expectTypeOf(event.type).toEqualTypeOf<"com.acme.built.v1">();
  expectTypeOf(event.data).toEqualTypeOf<{ readonly digest: string; readonly size?: number }>();
  // @ts-expect-error no such property
  event.data.digets;
  // @ts-expect-error events are readonly
  event.data.digest = "x";
  // @ts-expect-error not declared by this definition
  event.severitynumber;
});
mesh.on("com.acme.scan.finished.v1", { where: (event) => event.data.severity === "high" }, (event) => {
  expectTypeOf(event.severitynumber).toEqualTypeOf<number | undefined>();
  expectTypeOf(event.internal).toEqualTypeOf<boolean | undefined>();
});
mesh.on("org.opaque", (event) => expectTypeOf(event.data).toEqualTypeOf<unknown>());
mesh.on("com.acme.deploy.started.v1", (event) =>
  expectTypeOf(event.data.environment).toEqualTypeOf<string>(),
);
mesh.on("org.dated", (event) => expectTypeOf(event.data.at).toEqualTypeOf<Date>());

// Patterns and lists: unions that narrow by type.
mesh.on("com.acme.*", (event) => {
  expectTypeOf(event.type).toEqualTypeOf<
    "com.acme.built.v1" | "com.acme.scan.finished.v1" | "com.acme.deploy.started.v1"
  >();
  switch (event.type) {
    case "com.acme.built.v1":
      return expectTypeOf(event.data.digest).toEqualTypeOf<string>();
    case "com.acme.scan.finished.v1":
      return expectTypeOf(event.severitynumber).toEqualTypeOf<number | undefined>();
    default:
      return expectTypeOf(event.data.environment).toEqualTypeOf<string>();
  }
});
mesh.on(["com.acme.*.finished.*", "org.dated"], { name: "audit" }, (event) => {
  if (event.type === "org.dated") expectTypeOf(event.data.at).toEqualTypeOf<Date>();
  else expectTypeOf(event.data.severity).toEqualTypeOf<"low" | "high">();
});
expectTypeOf<EventFor<C, "*">["type"]>().toEqualTypeOf<EventFor<C, ["com.acme.*", "org.*"]>["type"]>();
expectTypeOf<EventFor<C, "*.v1">["type"]>().toEqualTypeOf<EventFor<C, "com.**.v1">["type"]>();
expectTypeOf<EventFor<C, "org.dated*">["type"]>().toEqualTypeOf<"org.dated">();
const list = ["org.dated", "org.opaque"] as const;
mesh.on(list, (event) => expectTypeOf(event.type).toEqualTypeOf<"org.dated" | "org.opaque">());

// Names and patterns that mean nothing.
// @ts-expect-error misspelt
mesh.on("com.acme.bulit.v1", () => undefined);
// @ts-expect-error matches nothing
mesh.on("com.acme.*.v2", () => undefined);
// @ts-expect-error a prefix is no pattern
mesh.on("com.acme", {}, () => undefined);
// @ts-expect-error the second one is misspelt
mesh.on(["com.acme.built.v1", "com.acme.tpyo"], () => undefined);

// Publishing.
mesh.publish("com.acme.built.v1", { digest: "x" });
mesh.publish("com.acme.scan.finished.v1", { severity: "low" }, { extensions: { severitynumber: 5 } });
mesh.publish("org.dated", { at: "2026-01-01T00:00:00Z" });
mesh.publish("org.opaque", Symbol.iterator);
// @ts-expect-error misspelt
mesh.publish("com.acme.bulit.v1", { digest: "x" });
// @ts-expect-error a pattern
mesh.publish("com.acme.*", { digest: "x" });
// @ts-expect-error missing property
mesh.publish("com.acme.built.v1", {});
// @ts-expect-error wrong type
mesh.publish("com.acme.built.v1", { digest: 5 });
// @ts-expect-error property that is not described
mesh.publish("com.acme.built.v1", { digest: "x", sise: 5 });
// @ts-expect-error not one of the values
mesh.publish("com.acme.scan.finished.v1", { severity: "medium" });
// @ts-expect-error publishers give what the schema takes, not what it makes
mesh.publish("org.dated", { at: new Date() });
// @ts-expect-error extension of the wrong type
mesh.publish("com.acme.scan.finished.v1", { severity: "low" }, { extensions: { severitynumber: "5" } });
// @ts-expect-error extension that is not declared
mesh.publish("com.acme.scan.finished.v1", { severity: "low" }, { extensions: { sevreitynumber: 5 } });

// Defining.
defineEvent("a", {
  schema: v.object({ n: v.pipe(v.string(), v.transform(Number)) }),
  key: (event) => event.data.n.toFixed(),
});
defineEvent("a", { schema: type({ n: "string.numeric.parse" }), key: (event) => event.data.n.toFixed() });
defineEvent<"a", { readonly n: number }>("a", {
  validator: { validate: (data) => ({ ok: true, data: data as { readonly n: number } }) },
  key: (event) => event.data.n.toFixed(),
});
// @ts-expect-error no such type
defineEvent("a", { schema: { type: "strng" } });
defineEvent("a", {
  schema: { type: "object", required: ["digest"], properties: { digest: { type: "string" } } },
  // @ts-expect-error no such property in the data
  key: (event) => event.data.digets,
});
// @ts-expect-error no such extension type
defineEvent("a", { extensions: { when: "date" } });
// @ts-expect-error misspelt option
defineEvent("a", { chanel: "delivery" });

// Upcasting: data is typed on both sides, and handlers no longer see the old type.
const newer = defineEvent("com.acme.scan.finished.v2", {
  schema: { type: "object", required: ["level"], properties: { level: { enum: ["warn", "block"] } } },
});
const parts = () => defineCatalog([scanned, newer, opaque]);
const lifted = parts().upcast("com.acme.scan.finished.v1", "com.acme.scan.finished.v2", (data, event) => {
  expectTypeOf(event.type).toEqualTypeOf<"com.acme.scan.finished.v1">();
  expectTypeOf(event.severitynumber).toEqualTypeOf<number | undefined>();
  return { level: data.severity === "high" ? "block" : "warn" };
});
meshOf({ catalog: lifted }).on("com.acme.scan.*", (event) => {
  expectTypeOf(event.type).toEqualTypeOf<"com.acme.scan.finished.v2">();
});
// @ts-expect-error superseded
meshOf({ catalog: lifted }).on("com.acme.scan.finished.v1", () => undefined);
meshOf({ catalog: lifted }).publish("com.acme.scan.finished.v1", { severity: "low" });
// @ts-expect-error not the data of the new version
parts().upcast("com.acme.scan.finished.v1", "com.acme.scan.finished.v2", () => ({ level: "high" }));
// @ts-expect-error the catalog has no such type
parts().upcast("com.acme.scan.finished.v1", "com.acme.scan.finished.v3", () => ({}));
// @ts-expect-error has its next version already
lifted.upcast("com.acme.scan.finished.v1", "org.opaque", () => 1);

// Merging keeps everything, superseded types too.
const merged = defineCatalog([lifted, ...defineCatalog([dated]).definitions, defineEvent("x.y")]);
meshOf({ catalog: merged }).on("*", (event) => {
  expectTypeOf(event.type).toEqualTypeOf<"com.acme.scan.finished.v2" | "org.opaque" | "org.dated" | "x.y">();
});
// @ts-expect-error superseded
meshOf({ catalog: merged }).on("com.acme.scan.finished.v1", () => undefined);

// A catalog the compiler knows nothing of: everything is string and unknown.
const wide: Catalog = catalog;
const open = meshOf({ catalog: wide });
open.on("any.thing", (event) => expectTypeOf(event).toEqualTypeOf<MeshEvent>());
open.on(["any.*", "thing"], (event) => expectTypeOf(event.data).toEqualTypeOf<unknown>());
open.publish("any.thing", 5);
open.publish("any.thing", {}, { extensions: { whatever: 5 } });
