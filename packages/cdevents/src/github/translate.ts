/**
 * Webhooks of GitHub as CDEvents. This file says which webhook is translated by whom; each of the others translates
 * one kind, `payload.ts` reads what came, `ids.ts` names things, `signature.ts` tells whether GitHub sent it. The
 * folder imports `vocabulary/`, `event/` and `@meshwright/core`.
 */
import { packagePublished, release } from "./artifact.js";
import { eventMaker, type GitHubCdEvent, type Translator } from "./delivery.js";
import { deployment, deploymentStatus } from "./deployment.js";
import { issues } from "./issue.js";
import { name, optionalText, type Place, Refusal } from "./payload.js";
import { pullRequest, pullRequestReview } from "./pull-request.js";
import { create, push, remove } from "./push.js";
import { repository } from "./repository.js";
import { workflowJob, workflowRun } from "./workflow.js";

/** One webhook as it came, its signature checked and its body parsed. */
export interface GitHubDelivery {
  /** The header `x-github-event`: "pull_request". */
  readonly event: string;
  /** The header `x-github-delivery`. The ids of the events follow from it: the same delivery gives the same events. */
  readonly delivery: string;
  /** The body, parsed: any JSON. */
  readonly payload: unknown;
}

export interface GitHubOptions {
  /**
   * Which webhook tells of branches created and deleted. GitHub sends two for each, and one of them is enough:
   * "push" (the default) knows the commit, "create-delete" is for those who don't subscribe to pushes.
   */
  readonly branchesFrom?: "push" | "create-delete";
}

/** What became of a webhook. Nothing is dropped without a reason. */
export type GitHubTranslation =
  | { readonly outcome: "translated"; readonly events: readonly GitHubCdEvent[] }
  /** It is in order, and no event stands for it. */
  | { readonly outcome: "ignored"; readonly reason: string }
  /** It is not what GitHub documents. `path` is a JSON pointer into the payload, or "delivery" or "event". */
  | { readonly outcome: "refused"; readonly reason: string; readonly path: string };

const translators: ReadonlyMap<string, Translator> = new Map<string, Translator>([
  ["create", create],
  ["delete", remove],
  ["deployment", deployment],
  ["deployment_status", deploymentStatus],
  ["issues", issues],
  ["package", packagePublished],
  ["pull_request", pullRequest],
  ["pull_request_review", pullRequestReview],
  ["push", push],
  ["registry_package", packagePublished],
  ["release", release],
  ["repository", repository],
  ["workflow_job", workflowJob],
  ["workflow_run", workflowRun],
]);

/**
 * Translates one webhook of GitHub into CDEvents.
 *
 * It never throws, whatever the payload is, and it reads no clock: times come from the payload, ids from the
 * delivery. Subject ids are the paths of the things' pages ("acme/shop/pull/7"), and everything that happened to one
 * commit has one `chainId` (see `commitChainId`).
 *
 * @param delivery the headers and the parsed body; check the signature first (`verifyGitHubSignature`)
 * @param options see `GitHubOptions`
 * @example
 * const translation = translateGitHub({ event, delivery, payload: JSON.parse(body) });
 * if (translation.outcome === "translated") {
 *   for (const cdevent of translation.events) {
 *     const { type, data, options } = toPublish(cdevent);
 *     await mesh.publish(type, data, options);
 *   }
 * }
 */
export function translateGitHub(delivery: GitHubDelivery, options: GitHubOptions = {}): GitHubTranslation {
  try {
    const event = name({ path: "event", value: delivery.event });
    const deliveryId = name({ path: "delivery", value: delivery.delivery });
    const translator = translators.get(event);
    if (translator === undefined) return { outcome: "ignored", reason: "no CDEvent stands for this webhook" };

    const payload = rootOf(delivery.payload);
    const verdict = translator({
      payload,
      action: optionalText(payload, "action") ?? "",
      branchesFrom: options.branchesFrom ?? "push",
      event: eventMaker(deliveryId),
    });
    return "ignore" in verdict
      ? { outcome: "ignored", reason: verdict.ignore }
      : { outcome: "translated", events: verdict };
  } catch (error) {
    if (error instanceof Refusal) return { outcome: "refused", reason: error.message, path: error.path };
    throw error;
  }
}

function rootOf(payload: unknown): Place {
  if (typeof payload === "object" && payload !== null && !Array.isArray(payload)) {
    return { path: "", value: payload };
  }
  throw new Refusal("", "must be an object");
}
