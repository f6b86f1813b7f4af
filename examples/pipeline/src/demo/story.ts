import { createHash } from "node:crypto";
import { type Payload, withValues } from "./payloads.js";

type Examples = ReadonlyMap<string, readonly Payload[]>;

/** One webhook of a story. */
export interface Scene {
  readonly event: string;
  /** Made when it is sent: its times are those of then. */
  readonly payload: () => Payload;
}

const repositories = ["shop", "cart", "billing", "search", "accounts"];
const titles = [
  "Round totals once",
  "Cache the catalogue",
  "Retry the card",
  "Drop the old index",
  "Log in by key",
];

/**
 * One pull request from its opening to its release, told by GitHub's real payloads. They come from different
 * repositories, so the names, numbers and commits in them are set to one; everything else stays as it is.
 * The pipeline of every sixth fails after the merge. The third publishes a container, which the scanner can't read yet.
 */
export function pullRequestStory(examples: Examples, number: number): readonly Scene[] {
  const repository = repositoryOf(repositories[number % repositories.length] ?? "shop");
  const page = repository.html_url;
  const commit = (name: string): string =>
    createHash("sha1").update(`${repository.full_name} ${number} ${name}`).digest("hex");
  const [first, head, merge] = [commit("first"), commit("head"), commit("merge")];
  const conclusion = number % 6 === 0 ? "failure" : "success";

  const scene = (event: string, action: string | undefined, values: () => Payload): Scene => {
    const real = exampleOf(examples, event, action);
    const common = action === undefined ? { repository } : { action, repository };
    return { event, payload: () => withValues(withValues(real, common), values()) };
  };
  const pull = (sha: string, values: () => Payload = () => ({})) => ({
    number,
    pull_request: {
      number,
      html_url: `${page}/pull/${number}`,
      title: titles[number % titles.length],
      updated_at: now(),
      head: { ref: `change-${number}`, sha },
      base: { ref: "main" },
      ...values(),
    },
  });
  const run = (sha: string, id: number, values: Payload) => ({
    workflow_run: {
      id,
      name: "ci",
      html_url: `${page}/actions/runs/${id}`,
      head_sha: sha,
      run_attempt: 1,
      run_started_at: now(),
      updated_at: now(),
      pull_requests: sha === head ? [{ number }] : [],
      ...values,
    },
  });
  const job = (values: Payload) => ({
    workflow_job: {
      id: number * 100,
      run_id: number * 10 + 1,
      run_attempt: 1,
      name: "build",
      html_url: `${page}/actions/runs/${number * 10 + 1}/job/${number * 100}`,
      head_sha: merge,
      started_at: now(),
      ...values,
    },
  });
  const merged = () => ({ merged: true, merged_at: now(), closed_at: now(), merge_commit_sha: merge });

  return [
    scene("pull_request", "opened", () => pull(first, () => ({ created_at: now() }))),
    scene("pull_request_review", "submitted", () => ({ ...pull(first), review: { submitted_at: now() } })),
    scene("pull_request", "synchronize", () => pull(head)),
    scene("workflow_run", "completed", () => run(head, number * 10, { conclusion: "success" })),
    scene("pull_request", "closed", () => pull(head, merged)),
    scene("push", undefined, () => pushOf(page, commit("before"), merge)),
    scene("workflow_run", "requested", () => run(merge, number * 10 + 1, { conclusion: null })),
    scene("workflow_job", "in_progress", () => job({ conclusion: null })),
    scene("workflow_job", "completed", () => job({ conclusion, completed_at: now() })),
    scene("workflow_run", "completed", () => run(merge, number * 10 + 1, { conclusion })),
    scene("release", "published", () => releaseOf(page, `v1.${number}.0`, merge)),
    ...(number === 3 ? [scene("package", "published", () => containerOf(page, merge))] : []),
  ];
}

function repositoryOf(name: string) {
  const html_url = `https://github.com/acme/${name}`;
  return { name, full_name: `acme/${name}`, html_url } as const;
}

function pushOf(page: string, before: string, after: string): Payload {
  const head_commit = { id: after, timestamp: now() };
  return {
    // Pushes tell it in whole seconds, other webhooks as text; as text it fits the other times of the story.
    repository: { pushed_at: now() },
    ref: "refs/heads/main",
    before,
    after,
    created: false,
    deleted: false,
    compare: `${page}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    head_commit,
  };
}

function releaseOf(page: string, tag_name: string, target_commitish: string): Payload {
  const html_url = `${page}/releases/tag/${tag_name}`;
  return { release: { tag_name, target_commitish, html_url, published_at: now() } };
}

function containerOf(page: string, target_oid: string): Payload {
  const package_version = { version: "1.3.0", target_oid, created_at: now() };
  return {
    package: { name: "image", package_type: "CONTAINER", html_url: `${page}/pkgs/image`, package_version },
  };
}

function exampleOf(examples: Examples, event: string, action: string | undefined): Payload {
  const payload = (examples.get(event) ?? []).find((one) => one["action"] === action);
  if (payload === undefined) throw new Error(`@octokit/webhooks-examples has no ${event} ${action ?? ""}`);
  return payload;
}

function now(): string {
  return new Date().toISOString();
}
