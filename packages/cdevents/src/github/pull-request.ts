import {
  changeAbandoned,
  changeCreated,
  changeMerged,
  changeReviewed,
  changeUpdated,
} from "../vocabulary/change.js";
import {
  type Delivery,
  type EventInit,
  type GitHubCdEvent,
  type Repository,
  repositoryOf,
  type Verdict,
} from "./delivery.js";
import {
  commit,
  commitId,
  firstTime,
  flag,
  integer,
  name,
  object,
  optionalName,
  optionalText,
  type Place,
  time,
  url,
} from "./payload.js";

/** Actions that make a proposed change another one. */
const updates: ReadonlySet<string> = new Set([
  "synchronize",
  "edited",
  "reopened",
  "ready_for_review",
  "converted_to_draft",
]);

/** `pull_request`: a change is created, updated, merged or abandoned. */
export function pullRequest(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "opened" && action !== "closed" && !updates.has(action)) {
    return { ignore: "the pull request stays the same change" };
  }
  const change = changeOf(payload);
  if (action === "opened") return [created(delivery, change)];
  if (action === "closed") return [closed(delivery, change)];
  const { pull, common } = change;
  return [delivery.event(changeUpdated, { ...common, timestamp: time(pull, "updated_at") })];
}

/** `pull_request_review`: a change is reviewed. */
export function pullRequestReview(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "submitted") return { ignore: "the review was told when it was submitted" };
  const { common } = changeOf(payload);
  const review = object(payload, "review");
  return [
    delivery.event(changeReviewed, {
      ...common,
      timestamp: time(review, "submitted_at"),
      customData: {
        ...common.customData,
        review: name(review, "state"),
        reviewer: optionalName(review, "user", "login"),
      },
    }),
  ];
}

interface Change {
  readonly pull: Place;
  readonly common: Omit<EventInit<{ readonly repository: Repository["reference"] }>, "timestamp">;
}

function changeOf(payload: Place): Change {
  const repository = repositoryOf(payload);
  const pull = object(payload, "pull_request");
  const head = commit(pull, "head", "sha");
  const id = `${repository.fullName}/pull/${integer(pull, "number")}`;
  return {
    pull,
    common: {
      repository,
      subject: { id, content: { repository: repository.reference } },
      commit: head,
      customData: {
        url: url(pull, "html_url"),
        title: optionalText(pull, "title"),
        author: optionalName(pull, "user", "login"),
        headRef: name(pull, "head", "ref"),
        headSha: head,
        baseRef: name(pull, "base", "ref"),
        baseSha: commit(pull, "base", "sha"),
      },
    },
  };
}

function created(delivery: Delivery, { pull, common }: Change): GitHubCdEvent {
  const description = optionalText(pull, "title") || undefined;
  const { id, content } = common.subject;
  return delivery.event(changeCreated, {
    ...common,
    subject: { id, content: description === undefined ? content : { ...content, description } },
    timestamp: time(pull, "created_at"),
  });
}

function closed(delivery: Delivery, { pull, common }: Change): GitHubCdEvent {
  if (!flag(pull, "merged")) {
    return delivery.event(changeAbandoned, { ...common, timestamp: time(pull, "closed_at") });
  }
  const mergeSha = commitId(optionalText(pull, "merge_commit_sha"));
  return delivery.event(changeMerged, {
    ...common,
    timestamp: firstTime(pull, ["merged_at"], ["closed_at"]),
    commit: mergeSha ?? common.commit,
    customData: { ...common.customData, mergeSha, mergedBy: optionalName(pull, "merged_by", "login") },
  });
}
