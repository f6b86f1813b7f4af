import type { JsonSchema } from "@meshwright/core";

const identifier: JsonSchema = { type: "string", minLength: 1 };
const sourceUri: JsonSchema = { type: "string", minLength: 1, format: "uri-reference" };

const contextId: JsonSchema = {
  type: "object",
  properties: { contextId: identifier },
  required: ["contextId"],
  additionalProperties: false,
};

function link(
  linkType: string,
  fields: { readonly [key: string]: JsonSchema },
  required: readonly string[],
): JsonSchema {
  return {
    type: "object",
    properties: { linkType: { const: linkType }, ...fields, tags: { type: "object" } },
    required: ["linkType", ...required],
    additionalProperties: false,
  };
}

const links: JsonSchema = {
  type: "array",
  items: {
    anyOf: [
      link("PATH", { from: contextId }, ["from"]),
      link("END", { from: contextId }, []),
      link("RELATION", { linkKind: identifier, target: contextId }, ["linkKind", "target"]),
    ],
  },
};

/**
 * The JSON Schema of a whole CDEvent of one type. It accepts every event that the published schema of 0.5.1 accepts,
 * with two differences: `specversion` is a 0.5.x, as the shape is that of 0.5, and text in `customData` is base64.
 *
 * @param type the whole type with its version
 * @param content the schema of `subject.content`
 */
export function cdeventSchema(type: string, content: JsonSchema): JsonSchema {
  return {
    type: "object",
    properties: {
      context: {
        type: "object",
        properties: {
          specversion: { type: "string", pattern: "^0\\.5\\.[0-9]+$" },
          id: identifier,
          source: sourceUri,
          type: { const: type },
          timestamp: { type: "string", format: "date-time" },
          schemaUri: { type: "string", minLength: 1, format: "uri" },
          chainId: identifier,
          links,
        },
        required: ["specversion", "id", "source", "type", "timestamp"],
        additionalProperties: false,
      },
      subject: {
        type: "object",
        properties: { id: identifier, source: sourceUri, content },
        required: ["id", "content"],
        additionalProperties: false,
      },
      customData: {
        anyOf: [{ type: "object" }, { type: "string", pattern: "^[A-Za-z0-9+/]*={0,2}$" }],
      },
      customDataContentType: { type: "string" },
    },
    required: ["context", "subject"],
    additionalProperties: false,
  };
}
