/**
 * What GitHub tells and the standard vocabulary has no event for, as custom CDEvents (custom/README.md of the
 * specification).
 */
import type { Reference } from "../event/cdevent.js";
import { type CdEventDefinition, defineCdEvent } from "../vocabulary/definition.js";
import { nonEmptyText, optional, reference } from "../vocabulary/fields.js";

export interface BranchPushedContent {
  readonly repository: Reference;
  /** The commit that the branch pointed to. */
  readonly before: string;
  /** The commit that it points to now. */
  readonly after: string;
}

export interface DeploymentContent {
  readonly repository: Reference;
  /** Where it is to run. */
  readonly environment: Reference;
  /** Package URL of the commit that is to run, as in `service.deployed`. */
  readonly artifactId: string;
  /** What GitHub was told about it. */
  readonly description?: string;
}

export const githubBranchPushed: CdEventDefinition<
  "dev.cdeventsx.github-branch.pushed.0.1.0",
  BranchPushedContent
> = defineCdEvent(
  "dev.cdeventsx.github-branch.pushed.0.1.0",
  "Commits were pushed to a branch that existed.",
  {
    repository: reference,
    before: nonEmptyText,
    after: nonEmptyText,
  },
);

export const githubDeploymentRequested: CdEventDefinition<
  "dev.cdeventsx.github-deployment.requested.0.1.0",
  DeploymentContent
> = defineCdEvent("dev.cdeventsx.github-deployment.requested.0.1.0", "Somebody asked for a deployment.", {
  repository: reference,
  environment: reference,
  artifactId: nonEmptyText,
  description: optional(nonEmptyText),
});

export const githubDeploymentFailed: CdEventDefinition<
  "dev.cdeventsx.github-deployment.failed.0.1.0",
  DeploymentContent
> = defineCdEvent("dev.cdeventsx.github-deployment.failed.0.1.0", "A deployment did not succeed.", {
  repository: reference,
  environment: reference,
  artifactId: nonEmptyText,
  description: optional(nonEmptyText),
});

/** The custom events, to be listed in a catalog beside `cdeventsVocabulary`. */
export const githubVocabulary: readonly [
  typeof githubBranchPushed,
  typeof githubDeploymentRequested,
  typeof githubDeploymentFailed,
] = [githubBranchPushed, githubDeploymentRequested, githubDeploymentFailed];
