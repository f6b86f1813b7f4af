/** A problem in an environment (continuous-operations.md). */
import type { Reference } from "../event/cdevent.js";
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { nonEmptyText, optional, reference, text, uri } from "./fields.js";

export interface IncidentContent {
  readonly description?: string;
  /** Where it happened. */
  readonly environment: Reference;
  readonly service?: Reference;
  /** Package URL of what ran there. */
  readonly artifactId?: string;
}

export interface IncidentReportedContent extends IncidentContent {
  /** The ticket that reports it. */
  readonly ticketURI: string;
}

export const incidentDetected: CdEventDefinition<"dev.cdevents.incident.detected.0.3.0", IncidentContent> =
  defineCdEvent("dev.cdevents.incident.detected.0.3.0", "A person or a system noticed an incident.", {
    description: optional(text),
    environment: reference,
    service: optional(reference),
    artifactId: optional(nonEmptyText),
  });

export const incidentReported: CdEventDefinition<
  "dev.cdevents.incident.reported.0.3.0",
  IncidentReportedContent
> = defineCdEvent("dev.cdevents.incident.reported.0.3.0", "An incident was reported with a ticket.", {
  description: optional(text),
  environment: reference,
  service: optional(reference),
  artifactId: optional(nonEmptyText),
  ticketURI: uri,
});

export const incidentResolved: CdEventDefinition<"dev.cdevents.incident.resolved.0.3.0", IncidentContent> =
  defineCdEvent("dev.cdevents.incident.resolved.0.3.0", "An incident is over.", {
    description: optional(text),
    environment: reference,
    service: optional(reference),
    artifactId: optional(nonEmptyText),
  });
