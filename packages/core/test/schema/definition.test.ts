import { defineEvent } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { refusal } from "./events.js";

/** Definitions as JavaScript, or a generator with a mistake, would write them. */
const define = defineEvent as (type: unknown, options?: object) => unknown;

describe("defineEvent", () => {
  it("gives a frozen, plain object with defaults", () => {
    const definition = defineEvent("com.acme.built.v1");
    expect(definition).toEqual({
      type: "com.acme.built.v1",
      channel: "events",
      key: undefined,
      extensions: {},
      description: undefined,
      schema: { kind: "none" },
    });
    expect(Object.isFrozen(definition)).toBe(true);
    expect(Object.getPrototypeOf(definition)).toBe(Object.prototype);
  });

  it("keeps what it is given", () => {
    const schema = { type: "object" } as const;
    const key = () => "k";
    const extensions = { severitynumber: "integer", team: "string", internal: "boolean" } as const;
    const definition = defineEvent("a", {
      schema,
      key,
      extensions,
      channel: "delivery",
      description: "Built.",
    });
    expect(definition.schema).toEqual({ kind: "json-schema", schema });
    expect(definition).toMatchObject({ key, extensions, channel: "delivery", description: "Built." });
    expect(Object.isFrozen(definition.extensions)).toBe(true);
  });

  it("tells apart JSON Schema, Standard Schema and a validator", () => {
    const validator = { validate: (data: unknown) => ({ ok: true as const, data }) };
    expect(defineEvent("a", { schema: {} }).schema.kind).toBe("json-schema");
    expect(defineEvent("a", { schema: z.string() }).schema.kind).toBe("standard-schema");
    expect(defineEvent("a", { validator }).schema).toEqual({ kind: "validator", validator });
  });

  it.each(["", "a\u0000b", "a\u007fb", "a\u0085b", "\ud800", "\uffff", "com.acme.*", undefined, 5, null])(
    "refuses the type %j",
    async (type) => {
      expect((await refusal(() => define(type))).code).toBe("EVENT_TYPE_INVALID");
    },
  );

  it.each(["com.acme.größe.v1", "a b", "測試", "x".repeat(500)])("takes the type %j", (type) => {
    expect(defineEvent(type).type).toBe(type);
  });

  it.each(["", "a\nb", 5, null])("refuses the channel %j", async (channel) => {
    const { code, message } = await refusal(() => define("com.acme.built.v1", { channel }));
    expect(code).toBe("CHANNEL_INVALID");
    expect(message).toContain("com.acme.built.v1");
  });

  it.each(["Team", "severity_number", "", "a".repeat(21), "größe", "a-b"])(
    "refuses the extension name %j",
    async (name) => {
      const { code, message } = await refusal(() => define("a", { extensions: { [name]: "string" } }));
      expect(code).toBe("EXTENSION_NAME_INVALID");
      expect(message).toContain(JSON.stringify(name));
    },
  );

  it.each([
    ...["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data"],
    ...["correlationid", "causationid", "traceparent", "tracestate", "partitionkey", "expirytime", "dataref"],
  ])("refuses the extension name %s, which is taken", async (name) => {
    expect((await refusal(() => define("a", { extensions: { [name]: "string" } }))).code).toBe(
      "EXTENSION_NAME_RESERVED",
    );
  });

  it("refuses an extension type that CloudEvents does not have", async () => {
    expect((await refusal(() => define("a", { extensions: { when: "date" } }))).code).toBe(
      "EXTENSION_TYPE_INVALID",
    );
  });

  it.each([
    ["a string", { schema: "object" }],
    ["a list", { schema: [] }],
    ["null", { schema: null }],
    ["a function without ~standard", { schema: () => true }],
    ["another Standard Schema version", { schema: { "~standard": { version: 2, validate: () => ({}) } } }],
    ["a validator without validate", { validator: {} }],
    ["both", { schema: {}, validator: { validate: () => ({ ok: true }) } }],
  ])("refuses as schema: %s", async (_what, options) => {
    const { code, message } = await refusal(() => define("com.acme.built.v1", options));
    expect(code).toBe("SCHEMA_INVALID");
    expect(message).toContain("com.acme.built.v1");
  });
});
