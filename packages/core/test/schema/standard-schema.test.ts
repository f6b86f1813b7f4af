import { defineCatalog, defineEvent } from "@meshwright/core";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { EventSchema } from "../../src/schema/definition.js";
import { eventOf, refusal } from "./events.js";

async function validatorOf(schema: EventSchema) {
  const catalog = defineCatalog([defineEvent("t", { schema })]);
  await catalog.compile();
  return (data: unknown) => catalog.validate(eventOf("t", data));
}

/** The same data, described with each library. */
const libraries: readonly [string, EventSchema][] = [
  [
    "zod",
    z.strictObject({
      digest: z.string().min(6),
      email: z.email(),
      level: z.enum(["low", "high"]),
      tags: z.array(z.number()),
      at: z.string().transform((text) => new Date(text)),
    }),
  ],
  [
    "valibot",
    v.strictObject({
      digest: v.pipe(v.string(), v.minLength(6)),
      email: v.pipe(v.string(), v.email()),
      level: v.picklist(["low", "high"]),
      tags: v.array(v.number()),
      at: v.pipe(
        v.string(),
        v.transform((text) => new Date(text)),
      ),
    }),
  ],
  [
    "arktype",
    type({
      digest: "string >= 6",
      email: "string.email",
      level: "'low' | 'high'",
      tags: "number[]",
      at: type("string").pipe((text) => new Date(text)),
      "+": "reject",
    }),
  ],
];

const good = {
  digest: "sha256",
  email: "a@acme.example",
  level: "low",
  tags: [1],
  at: "2026-01-02T03:04:05Z",
};

describe.each(libraries)("a %s schema", (_vendor, schema) => {
  it("accepts, and hands on what it made of the data", async () => {
    const validate = await validatorOf(schema);
    expect(validate(good)).toEqual({ ok: true, data: { ...good, at: new Date(good.at) } });
  });

  it.each([
    ["/data/digest", { digest: "sh0rt" }],
    ["/data/digest", { digest: 81_318 }],
    ["/data/email", { email: "81318" }],
    ["/data/level", { level: "81318" }],
    ["/data/tags/1", { tags: [1, "81318"] }],
    ["/data/tags", { tags: { value: "81318" } }],
    ["/data/at", { at: 81_318 }],
  ])("tells the place %s, and why, without the value", async (path, change) => {
    const result = (await validatorOf(schema))({ ...good, ...change });
    const issues = result.ok ? [] : result.issues;
    expect(issues.map((issue) => issue.path)).toEqual([path]);
    expect(issues[0]?.reason.length).toBeGreaterThan(5);
    expect(issues[0]?.reason).not.toMatch(/81318|sh0rt/);
  });

  it("refuses what is not described", async () => {
    const result = (await validatorOf(schema))({ ...good, extra: "81318" });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain("81318");
  });

  it("reports at most ten issues", async () => {
    const result = (await validatorOf(schema))({ ...good, tags: Array.from({ length: 50 }, () => "x") });
    expect(result.ok ? 0 : result.issues.length).toBe(10);
  });
});

describe("an arktype schema", () => {
  it.each<[string, EventSchema, unknown, string]>([
    ["several expectations", type("0 < number.integer < 10"), -1.5, "must be an integer, positive"],
    ["a union of objects", type({ k: "'a'" }).or({ k: "'b'" }), { k: "81318" }, 'must be "a" or "b"'],
    ["a property that is a union", type({ u: "'a' | 'b'" }), { u: "81318" }, 'u must be "a" or "b"'],
  ])("says what it expects: %s", async (_what, schema, data, reason) => {
    const result = (await validatorOf(schema))(data);
    expect(result.ok ? [] : result.issues.map((issue) => issue.reason)).toEqual([reason]);
  });
});

describe("any other Standard Schema", () => {
  const schemaOf = (validate: (data: unknown) => unknown) =>
    ({ "~standard": { version: 1, vendor: "acme", validate } }) as unknown as EventSchema;

  it("is not trusted to keep the payload out of its messages", async () => {
    const schema = schemaOf((data) => ({
      issues: [{ message: `bad: ${data}`, path: ["a", { key: "b/c" }, 0] }],
    }));
    const result = (await validatorOf(schema))("81318");
    expect(result).toEqual({
      ok: false,
      issues: [{ path: "/data/a/b~1c/0", reason: "is not valid (acme)" }],
    });
  });

  it("may throw: then the data is not valid", async () => {
    const cause = new Error("81318");
    const schema = schemaOf(() => {
      throw cause;
    });
    const result = (await validatorOf(schema))("x");
    expect(result).toEqual({ ok: false, issues: [{ path: "/data", reason: "its validator threw" }], cause });
  });
});

describe("a schema that validates asynchronously", () => {
  it.each([
    ["valibot", v.objectAsync({ a: v.string() })],
    ["zod", z.unknown().refine(async () => true)],
  ])("is refused when the catalog is compiled: %s", async (vendor, schema) => {
    const catalog = defineCatalog([defineEvent("com.acme.built.v1", { schema })]);
    const { code, message } = await refusal(() => catalog.compile());
    expect(code).toBe("SCHEMA_ASYNC");
    expect(message).toContain(`com.acme.built.v1: its ${vendor} schema`);
  });

  it("is refused at the first event where it did not show before", async () => {
    const validate = await validatorOf(z.object({ a: z.string().refine(async () => true) }));
    expect((await refusal(() => validate({ a: "x" }))).code).toBe("SCHEMA_ASYNC");
  });
});
