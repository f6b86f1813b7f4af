import { branchCreated, branchDeleted } from "../vocabulary/branch.js";
import { githubBranchPushed } from "./custom.js";
import { type Delivery, type Repository, repositoryOf, type Verdict } from "./delivery.js";
import {
  commit,
  commitId,
  firstTime,
  flag,
  name,
  optionalInteger,
  optionalName,
  optionalText,
  type Place,
} from "./payload.js";

const told = {
  push: "the push of the same branch tells it",
  ref: "the create or delete of the same branch tells it",
  tag: "a tag is no branch",
};

/** `push`: a branch is created, deleted or moved on. */
export function push(delivery: Delivery): Verdict {
  const { payload, branchesFrom } = delivery;
  const branch = branchName(name(payload, "ref"));
  if (branch === undefined) return { ignore: told.tag };

  const created = flag(payload, "created");
  const deleted = flag(payload, "deleted");
  if ((created || deleted) && branchesFrom !== "push") return { ignore: told.ref };

  const repository = repositoryOf(payload);
  const common = {
    repository,
    timestamp: pushTime(payload, repository),
    subject: branchSubject(repository, branch),
    commit: commitId(optionalText(payload, "after")),
    customData: {
      branch,
      headSha: commitId(optionalText(payload, "after")),
      pusher: optionalName(payload, "pusher", "name"),
    },
  };
  if (created) return [delivery.event(branchCreated, common)];
  if (deleted) return [delivery.event(branchDeleted, common)];
  const content = {
    repository: repository.reference,
    before: commit(payload, "before"),
    after: commit(payload, "after"),
  };
  return [delivery.event(githubBranchPushed, { ...common, subject: { id: common.subject.id, content } })];
}

/** `create`: a branch is created. */
export function create(delivery: Delivery): Verdict {
  return branchEvent(delivery, branchCreated);
}

/** `delete`: a branch is deleted. */
export function remove(delivery: Delivery): Verdict {
  return branchEvent(delivery, branchDeleted);
}

function branchEvent(delivery: Delivery, definition: typeof branchCreated | typeof branchDeleted): Verdict {
  const { payload, branchesFrom } = delivery;
  if (name(payload, "ref_type") !== "branch") return { ignore: told.tag };
  if (branchesFrom === "push") return { ignore: told.push };
  const repository = repositoryOf(payload);
  const branch = name(payload, "ref");
  const init = {
    repository,
    timestamp: firstTime(repository.place, ["pushed_at"], ["updated_at"]),
    subject: branchSubject(repository, branch),
    customData: { branch },
  };
  return definition === branchCreated
    ? [delivery.event(branchCreated, init)]
    : [delivery.event(branchDeleted, init)];
}

function branchSubject(repository: Repository, branch: string) {
  return { id: `${repository.fullName}/tree/${branch}`, content: { repository: repository.reference } };
}

function branchName(ref: string): string | undefined {
  const prefix = "refs/heads/";
  return ref.startsWith(prefix) && ref.length > prefix.length ? ref.slice(prefix.length) : undefined;
}

/** A push tells its time in seconds since 1970; other webhooks tell the same field as text. */
function pushTime(payload: Place, { place }: Repository): string {
  if (typeof Reflect.get(Object(place.value), "pushed_at") === "number") {
    const seconds = optionalInteger(place, "pushed_at") ?? 0;
    if (seconds < 253_402_300_800) return new Date(seconds * 1000).toISOString();
  }
  return firstTime(payload, ["head_commit", "timestamp"], ["repository", "updated_at"]);
}
