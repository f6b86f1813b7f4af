import { defineCatalog, defineEvent, type JsonSchema, typed, type ValidationResult } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { eventOf, refusal } from "./events.js";

async function compiled(schema: JsonSchema): Promise<(data: unknown) => ValidationResult> {
  const catalog = defineCatalog([defineEvent("t", { schema: typed<unknown>(schema) })]);
  await catalog.compile();
  return (data) => catalog.validate(eventOf("t", data));
}

async function issuesOf(schema: JsonSchema, data: unknown) {
  const result = (await compiled(schema))(data);
  return result.ok ? [] : result.issues;
}

describe("data against a JSON Schema", () => {
  it("passes as it is", async () => {
    const validate = await compiled({ type: "object", properties: { n: { type: "integer", default: 5 } } });
    const data = { extra: true };
    const result = validate(data);
    expect(result).toEqual({ ok: true, data: { extra: true } });
    expect(result.ok && result.data).toBe(data);
  });

  it.each<[string, JsonSchema, unknown, string]>([
    ["wrong type", { type: "object" }, 5, "/data must be object"],
    ["absent data", { type: "object" }, undefined, "/data must be object"],
    ["missing", { type: "object", required: ["digest"] }, {}, "/data must have required property 'digest'"],
    [
      "nested",
      { type: "object", properties: { a: { type: "array", items: { type: "string" } } } },
      { a: ["x", 1] },
      "/data/a/1 must be string",
    ],
    [
      "enum",
      { enum: ["low", "high"] },
      "secret",
      '/data must be equal to one of the allowed values: ["low","high"]',
    ],
    ["const", { const: 7 }, "secret", "/data must be equal to constant 7"],
    [
      "closed object",
      { type: "object", additionalProperties: false },
      { "a/b~c": 1 },
      "/data/a~1b~0c is a property that the schema does not allow",
    ],
    [
      "unevaluated",
      { type: "object", unevaluatedProperties: false },
      { x: 1 },
      "/data/x is a property that the schema does not allow",
    ],
    [
      "property names",
      { type: "object", propertyNames: { maxLength: 1 } },
      { xy: 1 },
      "/data has a property whose name must NOT have more than 1 characters",
    ],
    ["bytes", { type: "object" }, new Uint8Array(2), "/data must be JSON, and is binary"],
    ["format", { type: "string", format: "date-time" }, "yesterday", '/data must match format "date-time"'],
  ])("fails with place and reason: %s", async (_what, schema, data, problem) => {
    const [issue] = await issuesOf(schema, data);
    expect(`${issue?.path} ${issue?.reason}`).toBe(problem);
  });

  it("never quotes the payload, and reports at most ten issues", async () => {
    const branches = Array.from({ length: 30 }, (_, i) => ({ const: i }));
    const issues = await issuesOf({ anyOf: branches }, "top-secret");
    expect(issues.length).toBe(10);
    expect(JSON.stringify(issues)).not.toContain("top-secret");
  });

  it("keeps paths fit for logs", async () => {
    const name = `\n\u001b[31m${"x".repeat(5_000)}`;
    const [issue] = await issuesOf({ type: "object", additionalProperties: false }, { [name]: 1 });
    expect(issue?.path.startsWith("/data/\\u000a\\u001b[31mxxx")).toBe(true);
    expect(issue?.path.length).toBeLessThan(320);
  });

  it("takes annotations, unions of types, short tuples and formats it cannot check", async () => {
    const schema: JsonSchema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://acme.example/t.json",
      "x-owner": "team-a",
      type: ["array", "null"],
      prefixItems: [{ type: "string", format: "iri", examples: ["x"], deprecated: true }],
    };
    const validate = await compiled(schema);
    expect([validate(null).ok, validate([]).ok, validate(["ü"]).ok, validate([5]).ok]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("takes two definitions whose schemas have the same $id", async () => {
    const schema = { $id: "https://acme.example/same", type: "string" } as const;
    const catalog = defineCatalog([
      defineEvent("a", { schema }),
      defineEvent("b", { schema: { ...schema, maxLength: 1 } }),
    ]);
    await catalog.compile();
    expect([catalog.validate(eventOf("a", "xx")).ok, catalog.validate(eventOf("b", "xx")).ok]).toEqual([
      true,
      false,
    ]);
  });

  it("follows recursive references", async () => {
    const validate = await compiled({
      $ref: "#/$defs/node",
      $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
    });
    expect(validate({ next: { next: {} } }).ok).toBe(true);
    expect(validate({ next: { next: 5 } })).toEqual({
      ok: false,
      issues: [{ path: "/data/next/next", reason: "must be object" }],
    });
  });
});

describe("a schema that is not right", () => {
  it.each<[string, object, string]>([
    ["no such type", { type: "object", properties: { a: { type: "strng" } } }, "at /properties/a/type"],
    ["keyword of the wrong kind", { type: "object", required: "digest" }, "at /required"],
    [
      "unknown keyword",
      { type: "object", properties: { a: { type: "string", maxLenght: 3 } } },
      "at /properties/a/maxLenght",
    ],
    [
      "unknown format",
      { type: "object", properties: { a: { type: "string", format: "date-tiem" } } },
      "#/properties/a",
    ],
    ["no type beside properties", { properties: { a: { type: "string" } } }, 'missing type "object"'],
    ["reference to nowhere", { $ref: "#/$defs/nothing" }, "#/$defs/nothing"],
    ["reference to elsewhere", { $ref: "https://acme.example/x.json" }, "https://acme.example/x.json"],
    ["another draft", { $schema: "http://json-schema.org/draft-07/schema#" }, "draft-07"],
    ["bad pattern", { type: "array", items: { type: "string", pattern: "(" } }, "at /items/pattern"],
    ["bad pattern of names", { type: "object", patternProperties: { "(": {} } }, "at /patternProperties/("],
    ["asynchronous", { $async: true, type: "object" }, "at /$async"],
  ])("is refused with its event and place: %s", async (_what, schema, place) => {
    const catalog = defineCatalog([defineEvent("com.acme.built.v1", { schema: typed<unknown>(schema) })]);
    const { code, message } = await refusal(() => catalog.compile());
    expect(code).toBe("SCHEMA_INVALID");
    expect(message).toContain("com.acme.built.v1");
    expect(message).toContain(place);
  });
});
