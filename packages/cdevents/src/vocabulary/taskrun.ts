/** One run of a task, mostly as a part of a pipeline run (core.md). */
import type { Reference } from "../event/cdevent.js";
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { optional, reference, text, uri } from "./fields.js";
import { type Outcome, outcome } from "./outcome.js";

export interface TaskRunStartedContent {
  readonly taskName?: string;
  readonly pipelineRun?: Reference;
  /** Where the run can be seen. */
  readonly uri?: string;
}

export interface TaskRunFinishedContent extends TaskRunStartedContent {
  readonly outcome?: Outcome;
  /** Why it failed. */
  readonly errors?: string;
}

export const taskRunStarted: CdEventDefinition<"dev.cdevents.taskrun.started.0.3.0", TaskRunStartedContent> =
  defineCdEvent("dev.cdevents.taskrun.started.0.3.0", "A task has begun to run.", {
    taskName: optional(text),
    pipelineRun: optional(reference),
    uri: optional(uri),
  });

export const taskRunFinished: CdEventDefinition<
  "dev.cdevents.taskrun.finished.0.3.0",
  TaskRunFinishedContent
> = defineCdEvent("dev.cdevents.taskrun.finished.0.3.0", "A task has come to its end, well or not.", {
  taskName: optional(text),
  pipelineRun: optional(reference),
  uri: optional(uri),
  outcome: optional(outcome),
  errors: optional(text),
});
