/** A change proposed to the content of a repository: a pull request, a merge request (source-code-version-control.md). */
import type { Reference } from "../event/cdevent.js";
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { nonEmptyText, optional, reference } from "./fields.js";

export interface ChangeContent {
  /** Where the change is to go. */
  readonly repository?: Reference;
}

export interface ChangeCreatedContent extends ChangeContent {
  /** What it is about, in the author's words. */
  readonly description?: string;
}

export const changeCreated: CdEventDefinition<"dev.cdevents.change.created.0.4.0", ChangeCreatedContent> =
  defineCdEvent("dev.cdevents.change.created.0.4.0", "A change was proposed to a repository.", {
    description: optional(nonEmptyText),
    repository: optional(reference),
  });

export const changeReviewed: CdEventDefinition<"dev.cdevents.change.reviewed.0.3.0", ChangeContent> =
  defineCdEvent("dev.cdevents.change.reviewed.0.3.0", "A person or a system reviewed a change.", {
    repository: optional(reference),
  });

export const changeUpdated: CdEventDefinition<"dev.cdevents.change.updated.0.3.0", ChangeContent> =
  defineCdEvent(
    "dev.cdevents.change.updated.0.3.0",
    "A proposed change became another, such as by a commit.",
    {
      repository: optional(reference),
    },
  );

export const changeMerged: CdEventDefinition<"dev.cdevents.change.merged.0.3.0", ChangeContent> =
  defineCdEvent("dev.cdevents.change.merged.0.3.0", "A change was merged into its target branch.", {
    repository: optional(reference),
  });

export const changeAbandoned: CdEventDefinition<"dev.cdevents.change.abandoned.0.3.0", ChangeContent> =
  defineCdEvent("dev.cdevents.change.abandoned.0.3.0", "A change was given up.", {
    repository: optional(reference),
  });
