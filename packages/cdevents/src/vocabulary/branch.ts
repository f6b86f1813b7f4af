/** A branch of a repository (source-code-version-control.md). */
import type { Reference } from "../event/cdevent.js";
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { optional, reference } from "./fields.js";

export interface BranchContent {
  /** Where the branch is. */
  readonly repository?: Reference;
}

export const branchCreated: CdEventDefinition<"dev.cdevents.branch.created.0.3.0", BranchContent> =
  defineCdEvent("dev.cdevents.branch.created.0.3.0", "A branch was created in a repository.", {
    repository: optional(reference),
  });

export const branchDeleted: CdEventDefinition<"dev.cdevents.branch.deleted.0.3.0", BranchContent> =
  defineCdEvent("dev.cdevents.branch.deleted.0.3.0", "A branch was deleted from a repository.", {
    repository: optional(reference),
  });
