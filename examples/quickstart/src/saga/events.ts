import { defineCatalog, defineEvent } from "@meshwright/core";

const text = { type: "string" } as const;
const identified = { type: "object", required: ["id"], properties: { id: text } } as const;

export const releaseOpened = defineEvent("com.acme.release.opened.v1", { schema: identified });
export const releaseApproved = defineEvent("com.acme.release.approved.v1", {
  schema: { type: "object", required: ["id", "by"], properties: { id: text, by: text } },
});
export const releaseStarted = defineEvent("com.acme.release.started.v1", { schema: identified });
export const releaseFinished = defineEvent("com.acme.release.finished.v1", { schema: identified });
export const scanRequested = defineEvent("com.acme.scan.requested.v1", { schema: identified });
export const scanFinished = defineEvent("com.acme.scan.finished.v1", {
  schema: {
    type: "object",
    required: ["id", "critical"],
    properties: { id: text, critical: { type: "integer" } },
  },
});
export const alertRaised = defineEvent("com.acme.alert.raised.v1", {
  schema: { type: "object", required: ["id", "text"], properties: { id: text, text } },
});

export const catalog = defineCatalog([
  releaseOpened,
  releaseApproved,
  releaseStarted,
  releaseFinished,
  scanRequested,
  scanFinished,
  alertRaised,
]);
