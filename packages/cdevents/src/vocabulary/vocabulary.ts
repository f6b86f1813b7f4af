/**
 * The events of CDEvents 0.5.1 that are defined so far, one file per subject. Read this file, then `change.ts` as the
 * pattern for the others. To add an event: its content interface and definition go into the file of its subject, and
 * its name into the list below. This folder imports `event/` and `@meshwright/core`.
 */
import { artifactPackaged, artifactPublished } from "./artifact.js";
import { branchCreated, branchDeleted } from "./branch.js";
import { buildFinished, buildQueued, buildStarted } from "./build.js";
import { changeAbandoned, changeCreated, changeMerged, changeReviewed, changeUpdated } from "./change.js";
import { environmentCreated, environmentModified } from "./environment.js";
import { incidentDetected, incidentReported, incidentResolved } from "./incident.js";
import { pipelineRunFinished, pipelineRunQueued, pipelineRunStarted } from "./pipelinerun.js";
import { repositoryCreated, repositoryDeleted, repositoryModified } from "./repository.js";
import { serviceDeployed, serviceRolledBack, serviceUpgraded } from "./service.js";
import { taskRunFinished, taskRunStarted } from "./taskrun.js";
import { testSuiteRunFinished } from "./testsuiterun.js";
import { ticketClosed, ticketCreated, ticketUpdated } from "./ticket.js";

/** The standard events, to be listed in a catalog of your own: `defineCatalog([...cdeventsVocabulary, scanFinished])`. */
export const cdeventsVocabulary: readonly [
  typeof artifactPackaged,
  typeof artifactPublished,
  typeof branchCreated,
  typeof branchDeleted,
  typeof buildFinished,
  typeof buildQueued,
  typeof buildStarted,
  typeof changeAbandoned,
  typeof changeCreated,
  typeof changeMerged,
  typeof changeReviewed,
  typeof changeUpdated,
  typeof environmentCreated,
  typeof environmentModified,
  typeof incidentDetected,
  typeof incidentReported,
  typeof incidentResolved,
  typeof pipelineRunFinished,
  typeof pipelineRunQueued,
  typeof pipelineRunStarted,
  typeof repositoryCreated,
  typeof repositoryDeleted,
  typeof repositoryModified,
  typeof serviceDeployed,
  typeof serviceRolledBack,
  typeof serviceUpgraded,
  typeof taskRunFinished,
  typeof taskRunStarted,
  typeof testSuiteRunFinished,
  typeof ticketClosed,
  typeof ticketCreated,
  typeof ticketUpdated,
] = [
  artifactPackaged,
  artifactPublished,
  branchCreated,
  branchDeleted,
  buildFinished,
  buildQueued,
  buildStarted,
  changeAbandoned,
  changeCreated,
  changeMerged,
  changeReviewed,
  changeUpdated,
  environmentCreated,
  environmentModified,
  incidentDetected,
  incidentReported,
  incidentResolved,
  pipelineRunFinished,
  pipelineRunQueued,
  pipelineRunStarted,
  repositoryCreated,
  repositoryDeleted,
  repositoryModified,
  serviceDeployed,
  serviceRolledBack,
  serviceUpgraded,
  taskRunFinished,
  taskRunStarted,
  testSuiteRunFinished,
  ticketClosed,
  ticketCreated,
  ticketUpdated,
];
