/** Something that can be shipped; its subject id is a package URL (continuous-integration.md). */
import type { Reference } from "../event/cdevent.js";
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { type Field, nested, nonEmptyText, optional, reference, uriReference } from "./fields.js";

/** Where the bill of materials is. */
export interface Sbom {
  readonly uri: string;
}

export interface ArtifactPackagedContent {
  /** The commit, tag or change that it was built from. */
  readonly change: Reference;
  readonly sbom?: Sbom;
}

export interface ArtifactPublishedContent {
  readonly sbom?: Sbom;
  /** Who published it. */
  readonly user?: string;
}

const sbom: Field<Sbom> = nested<Sbom>({ uri: uriReference });

export const artifactPackaged: CdEventDefinition<
  "dev.cdevents.artifact.packaged.0.3.0",
  ArtifactPackagedContent
> = defineCdEvent("dev.cdevents.artifact.packaged.0.3.0", "An artifact was packaged, with a fixed version.", {
  change: reference,
  sbom: optional(sbom),
});

export const artifactPublished: CdEventDefinition<
  "dev.cdevents.artifact.published.0.3.0",
  ArtifactPublishedContent
> = defineCdEvent("dev.cdevents.artifact.published.0.3.0", "An artifact was published for others to use.", {
  sbom: optional(sbom),
  user: optional(nonEmptyText),
});
