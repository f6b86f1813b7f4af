/** A process that makes an artifact from source code (continuous-integration.md). */
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { optional, text } from "./fields.js";

/** Nothing: the specification gives these events no content. */
export type EmptyContent = { readonly [key: string]: never };

export interface BuildFinishedContent {
  /** Package URL of what was built. */
  readonly artifactId?: string;
}

export const buildQueued: CdEventDefinition<"dev.cdevents.build.queued.0.3.0", EmptyContent> = defineCdEvent(
  "dev.cdevents.build.queued.0.3.0",
  "A build is to run.",
  {},
);

export const buildStarted: CdEventDefinition<"dev.cdevents.build.started.0.3.0", EmptyContent> =
  defineCdEvent("dev.cdevents.build.started.0.3.0", "A build has begun.", {});

export const buildFinished: CdEventDefinition<"dev.cdevents.build.finished.0.3.0", BuildFinishedContent> =
  defineCdEvent("dev.cdevents.build.finished.0.3.0", "A build has come to its end.", {
    artifactId: optional(text),
  });
