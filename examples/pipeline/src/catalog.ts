/**
 * The events that the services of this pipeline share: the standard ones come from `@meshwright/cdevents`, their own
 * are defined here. A service that needs only a few lists those (see `scanner/main.ts`): fewer schemas to compile.
 */
import { cdeventsCatalog } from "@meshwright/cdevents";
import { defineCatalog, defineEvent } from "@meshwright/core";

const schema = {
  type: "object",
  required: ["artifactId", "critical", "high"],
  additionalProperties: false,
  properties: {
    artifactId: { type: "string", minLength: 1 },
    critical: { type: "integer", minimum: 0 },
    high: { type: "integer", minimum: 0 },
  },
} as const;

/** An artifact was scanned. It travels on a channel of its own; scans of one artifact keep their order. */
export const scanFinished = defineEvent("com.example.scan.finished.v1", {
  schema,
  channel: "scans",
  key: (event) => event.data.artifactId,
  description: "An artifact was scanned for known vulnerabilities.",
});

/** Everything: what CDEvents and GitHub know, and the scans. */
export const pipelineCatalog = defineCatalog([cdeventsCatalog, scanFinished]);
