/** A repository of source code (source-code-version-control.md). */
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { nonEmptyText, optional, text, uri } from "./fields.js";

export interface RepositoryCreatedContent {
  readonly name: string;
  /** A person or an organization. */
  readonly owner?: string;
  /** For machines: the protocol and the place to clone from. */
  readonly uri: string;
  /** For people. */
  readonly viewUrl?: string;
}

export interface RepositoryContent {
  readonly name?: string;
  readonly owner?: string;
  readonly uri?: string;
  readonly viewUrl?: string;
}

export const repositoryCreated: CdEventDefinition<
  "dev.cdevents.repository.created.0.3.0",
  RepositoryCreatedContent
> = defineCdEvent("dev.cdevents.repository.created.0.3.0", "A repository was created.", {
  name: nonEmptyText,
  owner: optional(text),
  uri,
  viewUrl: optional(uri),
});

export const repositoryModified: CdEventDefinition<
  "dev.cdevents.repository.modified.0.3.0",
  RepositoryContent
> = defineCdEvent(
  "dev.cdevents.repository.modified.0.3.0",
  "A repository changed its name, owner or another attribute.",
  {
    name: optional(text),
    owner: optional(text),
    uri: optional(uri),
    viewUrl: optional(uri),
  },
);

export const repositoryDeleted: CdEventDefinition<
  "dev.cdevents.repository.deleted.0.3.0",
  RepositoryContent
> = defineCdEvent("dev.cdevents.repository.deleted.0.3.0", "A repository was deleted.", {
  name: optional(text),
  owner: optional(text),
  uri: optional(uri),
  viewUrl: optional(uri),
});
