import type { Outcome } from "../vocabulary/outcome.js";
import { pipelineRunFinished, pipelineRunQueued, pipelineRunStarted } from "../vocabulary/pipelinerun.js";
import { taskRunFinished, taskRunStarted } from "../vocabulary/taskrun.js";
import { type Delivery, type Repository, repositoryOf, type Verdict } from "./delivery.js";
import {
  commit,
  entries,
  firstTime,
  integer,
  object,
  optionalInteger,
  optionalText,
  type Place,
  time,
  url,
} from "./payload.js";

/** GitHub's conclusions as CDEvents outcomes; one that is not listed gives no outcome, and stays in the custom data. */
const outcomes: ReadonlyMap<string | undefined, Outcome> = new Map([
  ["success", "success"],
  ["neutral", "success"],
  ["failure", "failure"],
  ["action_required", "failure"],
  ["timed_out", "error"],
  ["startup_failure", "error"],
  ["cancelled", "cancel"],
  ["skipped", "cancel"],
  ["stale", "cancel"],
]);

/** `workflow_run`: a pipeline run is queued, started or finished. */
export function workflowRun(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "requested" && action !== "in_progress" && action !== "completed") {
    return { ignore: "no pipeline run was queued, started or finished" };
  }
  const repository = repositoryOf(payload);
  const run = object(payload, "workflow_run");
  const conclusion = optionalText(run, "conclusion");
  const content = { pipelineName: pipelineName(payload, run), uri: url(run, "html_url") };
  const id = runId(repository, integer(run, "id"), optionalInteger(run, "run_attempt"));
  const headSha = commit(run, "head_sha");
  const common = {
    repository,
    subject: { id, content },
    commit: headSha,
    customData: {
      headSha,
      headRef: optionalText(run, "head_branch"),
      trigger: optionalText(run, "event"),
      conclusion,
      changes: entries(run, "pull_requests").map(
        (pull) => `${repository.fullName}/pull/${integer(pull, "number")}`,
      ),
    },
  };
  if (action === "requested") {
    return [
      delivery.event(pipelineRunQueued, {
        ...common,
        timestamp: firstTime(run, ["run_started_at"], ["created_at"]),
      }),
    ];
  }
  if (action === "in_progress") {
    return [
      delivery.event(pipelineRunStarted, {
        ...common,
        timestamp: firstTime(run, ["run_started_at"], ["updated_at"]),
      }),
    ];
  }
  return [
    delivery.event(pipelineRunFinished, {
      ...common,
      subject: { id, content: { ...content, ...ending(conclusion) } },
      timestamp: time(run, "updated_at"),
    }),
  ];
}

/** `workflow_job`: a task run is started or finished. */
export function workflowJob(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "in_progress" && action !== "completed") {
    return { ignore: "the vocabulary has no event for a task that waits" };
  }
  const repository = repositoryOf(payload);
  const job = object(payload, "workflow_job");
  const conclusion = optionalText(job, "conclusion");
  const pipelineRun = runId(repository, integer(job, "run_id"), optionalInteger(job, "run_attempt"));
  const id = `${pipelineRun}/job/${integer(job, "id")}`;
  const headSha = commit(job, "head_sha");
  const content = {
    taskName: optionalText(job, "name") ?? "",
    pipelineRun: { id: pipelineRun, source: repository.url },
    uri: url(job, "html_url"),
  };
  const common = {
    repository,
    subject: { id, content },
    commit: headSha,
    customData: { headSha, workflow: optionalText(job, "workflow_name"), conclusion },
  };
  if (action === "in_progress") {
    return [delivery.event(taskRunStarted, { ...common, timestamp: time(job, "started_at") })];
  }
  return [
    delivery.event(taskRunFinished, {
      ...common,
      subject: { id, content: { ...content, ...ending(conclusion) } },
      timestamp: firstTime(job, ["completed_at"], ["started_at"]),
    }),
  ];
}

/** A run that is started again keeps its number at GitHub, but is another run to whoever follows its states. */
function runId({ fullName }: Repository, id: number, attempt = 1): string {
  return `${fullName}/actions/runs/${id}${attempt > 1 ? `/attempts/${attempt}` : ""}`;
}

function pipelineName(payload: Place, run: Place): string {
  return optionalText(run, "name") || optionalText(payload, "workflow", "name") || "";
}

function ending(conclusion: string | undefined): { readonly outcome?: Outcome } {
  const outcome = outcomes.get(conclusion);
  return outcome === undefined ? {} : { outcome };
}
