/** What TypeScript makes of inline schemas. Checked by the compiler; nothing here runs. */
import { expectTypeOf } from "vitest";
import type { FromSchema } from "../../src/schema/json-schema.js";

declare function infer<const S>(schema: S): FromSchema<S>;

expectTypeOf(infer({ type: "string" })).toEqualTypeOf<string>();
expectTypeOf(infer({ type: "integer" })).toEqualTypeOf<number>();
expectTypeOf(infer({ type: ["string", "null"] })).toEqualTypeOf<string | null>();
expectTypeOf(infer({ enum: ["low", "high", 3, null] })).toEqualTypeOf<"low" | "high" | 3 | null>();
expectTypeOf(infer({ type: "string", enum: ["low", "high"] })).toEqualTypeOf<"low" | "high">();
expectTypeOf(infer({ const: "x" })).toEqualTypeOf<"x">();
expectTypeOf(infer({})).toEqualTypeOf<unknown>();
expectTypeOf(infer(true)).toEqualTypeOf<unknown>();
expectTypeOf(infer({ type: "object", required: ["a"], properties: { a: false } })).toEqualTypeOf<{
  readonly a: never;
}>();

// Objects.
expectTypeOf(
  infer({
    type: "object",
    required: ["digest", "labels"],
    properties: {
      digest: { type: "string", pattern: "^sha256:" },
      size: { type: "integer", minimum: 0 },
      parent: { type: ["object", "null"], properties: { id: { type: "string" } }, required: ["id"] },
    },
  }),
).toEqualTypeOf<{
  readonly digest: string;
  readonly size?: number;
  readonly parent?: { readonly id: string } | null;
  readonly labels: unknown;
}>();
expectTypeOf(infer({ type: "object" })).toEqualTypeOf<{ readonly [name: string]: unknown }>();
expectTypeOf(infer({ type: "object", additionalProperties: { type: "number" } })).branded.toEqualTypeOf<{
  readonly [name: string]: number;
}>();
expectTypeOf(infer({ type: "object", properties: { a: { type: "string" } } })).not.toHaveProperty("typo");
expectTypeOf(
  infer({
    type: "object",
    required: ["a"],
    properties: { a: { type: "string" } },
    additionalProperties: { type: "number" },
  }),
).branded.toEqualTypeOf<{ readonly a: string } & { readonly [name: string]: string | number }>();
expectTypeOf(
  infer({ type: "object", properties: { a: { type: "string" } }, additionalProperties: false }),
).toEqualTypeOf<{ readonly a?: string }>();

// Arrays.
expectTypeOf(infer({ type: "array", items: { type: "string" } })).toEqualTypeOf<readonly string[]>();
expectTypeOf(infer({ type: "array" })).toEqualTypeOf<readonly unknown[]>();
expectTypeOf(
  infer({ type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 2, items: false }),
).toEqualTypeOf<readonly [string, number]>();
expectTypeOf(
  infer({ type: "array", prefixItems: [{ type: "string" }], items: { type: "boolean" } }),
).toEqualTypeOf<readonly [string?, ...boolean[]]>();

// Combinations.
expectTypeOf(infer({ anyOf: [{ type: "string" }, { type: "object", properties: {} }] })).toEqualTypeOf<
  string | { readonly [name: string]: unknown }
>();
expectTypeOf(infer({ oneOf: [{ const: 1 }, { const: 2 }, { type: "null" }] })).toEqualTypeOf<1 | 2 | null>();
expectTypeOf(
  infer({
    type: "object",
    required: ["a"],
    properties: { a: { type: "string" } },
    allOf: [{ type: "object", required: ["b"], properties: { b: { type: "number" } } }, { minProperties: 1 }],
  }),
).branded.toEqualTypeOf<{ readonly a: string } & { readonly b: number }>();
expectTypeOf(
  infer({
    type: "object",
    required: ["kind"],
    properties: { kind: { enum: ["a", "b"] } },
    anyOf: [{ required: ["x"] }, { required: ["y"] }],
  }),
).toEqualTypeOf<{ readonly kind: "a" | "b" }>();

// What says nothing about the kind of value is never taken for more than it is.
expectTypeOf(infer({ properties: { a: { type: "string" } } })).toEqualTypeOf<unknown>();
expectTypeOf(infer({ not: { const: 1 } })).toEqualTypeOf<unknown>();
expectTypeOf(infer({ $ref: "https://acme.example/other.json" })).toEqualTypeOf<unknown>();

// References, also recursive ones.
expectTypeOf(
  infer({
    type: "object",
    required: ["severity"],
    properties: { severity: { $ref: "#/$defs/severity" }, other: { $ref: "#/$defs/missing" } },
    $defs: { severity: { enum: ["low", "high"] } },
  }),
).toEqualTypeOf<{ readonly severity: "low" | "high"; readonly other?: unknown }>();

const tree = infer({
  type: "object",
  required: ["name", "children"],
  properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
});
expectTypeOf(tree.children[0]?.children[0]?.name).toEqualTypeOf<string | undefined>();

const list = infer({
  $ref: "#/$defs/node",
  $defs: {
    node: {
      type: "object",
      required: ["value"],
      properties: { value: { type: "number" }, next: { $ref: "#/$defs/node" } },
    },
  },
});
expectTypeOf(list.next?.next?.value).toEqualTypeOf<number | undefined>();
