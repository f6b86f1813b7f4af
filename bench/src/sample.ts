import { defineCatalog, defineEvent, type MeshEvent } from "@meshwright/core";

/** A CDEvents-like pipeline run of about 1 KB of JSON, as CI systems send them. */
const schema = {
  type: "object",
  required: ["context", "subject"],
  additionalProperties: false,
  properties: {
    context: {
      type: "object",
      required: ["specversion", "id", "source", "type", "timestamp"],
      additionalProperties: false,
      properties: {
        specversion: { type: "string", minLength: 1 },
        id: { type: "string", minLength: 1 },
        source: { type: "string", minLength: 1 },
        type: { type: "string", minLength: 1 },
        timestamp: { type: "string", format: "date-time" },
        chainId: { type: "string" },
      },
    },
    subject: {
      type: "object",
      required: ["id", "content"],
      additionalProperties: false,
      properties: {
        id: { type: "string", minLength: 1 },
        source: { type: "string" },
        content: {
          type: "object",
          required: ["pipelineName", "uri", "outcome"],
          additionalProperties: false,
          properties: {
            pipelineName: { type: "string" },
            uri: { type: "string" },
            outcome: { enum: ["success", "failure", "cancel", "error"] },
            errors: { type: "string" },
          },
        },
      },
    },
    customData: { type: "object" },
  },
} as const;

export const type = "dev.cdevents.pipelinerun.finished.0.3.0";
export const definition = defineEvent(type, { schema });
export const small = defineEvent("com.acme.build.counted.v1", {
  schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
});
export const catalog = defineCatalog([definition, small]);

export const data = {
  context: {
    specversion: "0.5.1",
    id: "2f1c0a0e-6d0e-4b7c-9f0b-3b8a9f9a1c11",
    source: "https://ci.example.com/acme/storefront",
    type,
    timestamp: "2026-11-02T09:41:27.123456Z",
    chainId: "7b0a3c1e-12c4-4c8e-8a53-0d3f5e9a2b6d",
  },
  subject: {
    id: "acme/storefront/runs/918273645",
    source: "https://ci.example.com/acme/storefront",
    content: {
      pipelineName: "storefront-build-and-test",
      uri: "https://ci.example.com/acme/storefront/actions/runs/918273645",
      outcome: "success",
      errors: "",
    },
  },
  customData: {
    sha: "5f0c9e2b7a1d4c3e8f6a9b0c1d2e3f4a5b6c7d8e",
    branch: "refs/heads/main",
    actor: "octo-engineer",
    attempt: 1,
    durationSeconds: 318.25,
    labels: ["storefront", "release-train", "linux-x64"],
  },
} as const;

export const event: MeshEvent = {
  specversion: "1.0",
  id: data.context.id,
  source: data.context.source,
  type,
  subject: data.subject.id,
  time: data.context.timestamp,
  datacontenttype: "application/json",
  data,
};

export const text: string = JSON.stringify(event);
