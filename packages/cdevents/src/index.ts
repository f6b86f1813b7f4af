/** CDEvents 0.5.1 as typed events of a mesh, and GitHub's webhooks translated into them. */
export { cdeventsCatalog } from "./catalog.js";
export type { DoraDocument } from "./dora/documents.js";
export { type DoraOptions, doraMetrics } from "./dora/dora.js";
export type { DoraEvent } from "./dora/handlers.js";
export type { DoraReader } from "./dora/read.js";
export type { DoraThing } from "./dora/reading.js";
export { type DoraReportOptions, doraReport } from "./dora/report.js";
export type { Spread } from "./dora/spread.js";
export type { DoraWeek } from "./dora/weeks.js";
export { type CdEventInit, cdevent } from "./event/build.js";
export {
  type CdContext,
  type CdEvent,
  type CdSubject,
  customText,
  type EmbeddedLink,
  type EndLink,
  type Json,
  type JsonObject,
  type LinkTags,
  type PathLink,
  type Reference,
  type RelationLink,
  SPEC_VERSION,
} from "./event/cdevent.js";
export {
  type EntryOptions,
  type Publication,
  type PublicationEntry,
  toEntry,
  toPublish,
} from "./event/publish.js";
export { stableId } from "./event/stable-id.js";
export {
  type BranchPushedContent,
  type DeploymentContent,
  githubBranchPushed,
  githubDeploymentFailed,
  githubDeploymentRequested,
  githubVocabulary,
} from "./github/custom.js";
export type { GitHubCdEvent } from "./github/delivery.js";
export { commitChainId, githubPurl } from "./github/ids.js";
export { type SignatureCheck, signGitHub, verifyGitHubSignature } from "./github/signature.js";
export {
  type GitHubDelivery,
  type GitHubOptions,
  type GitHubTranslation,
  translateGitHub,
} from "./github/translate.js";
export {
  type ArtifactPackagedContent,
  type ArtifactPublishedContent,
  artifactPackaged,
  artifactPublished,
  type Sbom,
} from "./vocabulary/artifact.js";
export { type BranchContent, branchCreated, branchDeleted } from "./vocabulary/branch.js";
export {
  type BuildFinishedContent,
  buildFinished,
  buildQueued,
  buildStarted,
  type EmptyContent,
} from "./vocabulary/build.js";
export {
  type ChangeContent,
  type ChangeCreatedContent,
  changeAbandoned,
  changeCreated,
  changeMerged,
  changeReviewed,
  changeUpdated,
} from "./vocabulary/change.js";
export { type CdEventDefinition, type CdEventOf, defineCdEvent } from "./vocabulary/definition.js";
export {
  type EnvironmentContent,
  environmentCreated,
  environmentModified,
} from "./vocabulary/environment.js";
export {
  type ContentFields,
  type Field,
  nested,
  nonEmptyText,
  type OptionalField,
  oneOf,
  optional,
  reference,
  text,
  texts,
  uri,
  uriReference,
} from "./vocabulary/fields.js";
export {
  type IncidentContent,
  type IncidentReportedContent,
  incidentDetected,
  incidentReported,
  incidentResolved,
} from "./vocabulary/incident.js";
export type { Outcome } from "./vocabulary/outcome.js";
export {
  type PipelineRunFinishedContent,
  type PipelineRunQueuedContent,
  type PipelineRunStartedContent,
  pipelineRunFinished,
  pipelineRunQueued,
  pipelineRunStarted,
} from "./vocabulary/pipelinerun.js";
export {
  type RepositoryContent,
  type RepositoryCreatedContent,
  repositoryCreated,
  repositoryDeleted,
  repositoryModified,
} from "./vocabulary/repository.js";
export {
  type ServiceContent,
  serviceDeployed,
  serviceRolledBack,
  serviceUpgraded,
} from "./vocabulary/service.js";
export {
  type TaskRunFinishedContent,
  type TaskRunStartedContent,
  taskRunFinished,
  taskRunStarted,
} from "./vocabulary/taskrun.js";
export {
  type TestSuite,
  type TestSuiteRunFinishedContent,
  testSuiteRunFinished,
} from "./vocabulary/testsuiterun.js";
export {
  type TicketClosedContent,
  type TicketCreatedContent,
  type TicketDetails,
  type TicketUpdatedContent,
  ticketClosed,
  ticketCreated,
  ticketUpdated,
} from "./vocabulary/ticket.js";
export { cdeventsVocabulary } from "./vocabulary/vocabulary.js";
