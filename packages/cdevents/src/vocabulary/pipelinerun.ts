/** One run of a pipeline (core.md). */
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { optional, text, uri } from "./fields.js";
import { type Outcome, outcome } from "./outcome.js";

export interface PipelineRunQueuedContent {
  readonly pipelineName?: string;
  /** Where the run can be seen. */
  readonly uri?: string;
}

export interface PipelineRunStartedContent {
  readonly pipelineName: string;
  readonly uri: string;
}

export interface PipelineRunFinishedContent {
  readonly pipelineName?: string;
  readonly uri?: string;
  readonly outcome?: Outcome;
  /** Why it failed. */
  readonly errors?: string;
}

export const pipelineRunQueued: CdEventDefinition<
  "dev.cdevents.pipelinerun.queued.0.3.0",
  PipelineRunQueuedContent
> = defineCdEvent("dev.cdevents.pipelinerun.queued.0.3.0", "A pipeline is to run.", {
  pipelineName: optional(text),
  uri: optional(uri),
});

export const pipelineRunStarted: CdEventDefinition<
  "dev.cdevents.pipelinerun.started.0.3.0",
  PipelineRunStartedContent
> = defineCdEvent("dev.cdevents.pipelinerun.started.0.3.0", "A pipeline has begun to run.", {
  pipelineName: text,
  uri,
});

export const pipelineRunFinished: CdEventDefinition<
  "dev.cdevents.pipelinerun.finished.0.3.0",
  PipelineRunFinishedContent
> = defineCdEvent("dev.cdevents.pipelinerun.finished.0.3.0", "A pipeline has come to its end, well or not.", {
  pipelineName: optional(text),
  uri: optional(uri),
  outcome: optional(outcome),
  errors: optional(text),
});
