/** A running artifact: a service, a job, a daemon (continuous-deployment.md). */
import type { Reference } from "../event/cdevent.js";
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { nonEmptyText, reference } from "./fields.js";

export interface ServiceContent {
  /** Where it runs. */
  readonly environment: Reference;
  /** Package URL of what runs. */
  readonly artifactId: string;
}

export const serviceDeployed: CdEventDefinition<"dev.cdevents.service.deployed.0.3.0", ServiceContent> =
  defineCdEvent("dev.cdevents.service.deployed.0.3.0", "A new instance of a service was deployed.", {
    environment: reference,
    artifactId: nonEmptyText,
  });

export const serviceUpgraded: CdEventDefinition<"dev.cdevents.service.upgraded.0.3.0", ServiceContent> =
  defineCdEvent("dev.cdevents.service.upgraded.0.3.0", "A service was brought to a newer version.", {
    environment: reference,
    artifactId: nonEmptyText,
  });

export const serviceRolledBack: CdEventDefinition<"dev.cdevents.service.rolledback.0.3.0", ServiceContent> =
  defineCdEvent(
    "dev.cdevents.service.rolledback.0.3.0",
    "A service was brought back to an earlier version.",
    {
      environment: reference,
      artifactId: nonEmptyText,
    },
  );
