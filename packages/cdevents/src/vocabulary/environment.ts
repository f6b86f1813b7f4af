/** A place where services run (continuous-deployment.md). */
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { optional, text, uri } from "./fields.js";

export interface EnvironmentContent {
  readonly name?: string;
  /** Where it is. */
  readonly uri?: string;
}

export const environmentCreated: CdEventDefinition<
  "dev.cdevents.environment.created.0.3.0",
  EnvironmentContent
> = defineCdEvent("dev.cdevents.environment.created.0.3.0", "An environment was created.", {
  name: optional(text),
  uri: optional(uri),
});

export const environmentModified: CdEventDefinition<
  "dev.cdevents.environment.modified.0.3.0",
  EnvironmentContent
> = defineCdEvent("dev.cdevents.environment.modified.0.3.0", "An environment was modified.", {
  name: optional(text),
  uri: optional(uri),
});
