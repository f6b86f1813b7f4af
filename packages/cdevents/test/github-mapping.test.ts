import { describe, expect, it } from "vitest";
import {
  commitChainId,
  type GitHubCdEvent,
  type GitHubDelivery,
  type GitHubOptions,
  githubPurl,
  translateGitHub,
} from "../src/index.js";
import { type Draft, example, expectValid } from "./examples.js";

const hello = "https://github.com/Codertocat/Hello-World";
const sha = (digit: string): string => digit.repeat(40);

async function translate(delivery: GitHubDelivery, options?: GitHubOptions): Promise<GitHubCdEvent> {
  const translation = translateGitHub(delivery, options);
  if (translation.outcome !== "translated") throw new Error(JSON.stringify(translation));
  const [event, ...others] = translation.events;
  if (event === undefined || others.length > 0) throw new Error("expected one event");
  await expectValid(event);
  return event;
}

function bent(name: string, key: string, fields: object, more: object = {}): GitHubDelivery {
  return example(name, (payload: Draft) => {
    Object.assign(payload[key], fields);
    Object.assign(payload, more);
  });
}

describe("a change", () => {
  it("that is merged belongs to the chain of the commit that the merge made", async () => {
    const event = await translate(
      bent(
        "pull_request",
        "pull_request",
        {
          merged: true,
          merged_at: "2019-05-16T10:00:00Z",
          merge_commit_sha: sha("b"),
          head: { ref: "x", sha: sha("a") },
        },
        { action: "closed" },
      ),
    );
    expect(event.context).toMatchObject({
      type: "dev.cdevents.change.merged.0.3.0",
      source: hello,
      timestamp: "2019-05-16T10:00:00Z",
      chainId: commitChainId(hello, sha("b")),
    });
    expect(event.subject.id).toBe("Codertocat/Hello-World/pull/2");
    expect(event.customData).toMatchObject({ headSha: sha("a"), mergeSha: sha("b") });
  });

  it("that is closed unmerged is abandoned", async () => {
    const event = await translate(
      bent("pull_request", "pull_request", { closed_at: "2019-05-16T10:00:00Z" }, { action: "closed" }),
    );
    expect(event.context.type).toBe("dev.cdevents.change.abandoned.0.3.0");
    expect(event.context.timestamp).toBe("2019-05-16T10:00:00Z");
  });

  it("shares the chain of its head with its pipelines and tasks", async () => {
    const head_sha = sha("c");
    const update = { pull_request: { head: { ref: "x", sha: head_sha } } };
    const change = await translate(
      bent("pull_request", "pull_request", update.pull_request, { action: "synchronize" }),
    );
    const run = await translate(
      bent(
        "workflow_run",
        "workflow_run",
        { head_sha, pull_requests: [{ number: 2 }] },
        { action: "in_progress" },
      ),
    );
    const { repository } = bent("workflow_run", "workflow_run", {}).payload as Draft;
    const job = await translate(
      bent("workflow_job", "workflow_job", { head_sha, run_id: 1589141559, run_attempt: 1 }, { repository }),
    );
    expect(change.context.type).toBe("dev.cdevents.change.updated.0.3.0");
    expect(run.context.type).toBe("dev.cdevents.pipelinerun.started.0.3.0");
    expect(run.context.chainId).toBe(change.context.chainId);
    expect(job.context.chainId).toBe(change.context.chainId);
    expect(run.customData).toMatchObject({ changes: [change.subject.id] });
    expect(job.subject.content).toMatchObject({
      pipelineRun: { id: run.subject.id, source: run.context.source },
    });
  });

  it("that only gets a label is ignored", () => {
    const delivery = bent("pull_request", "pull_request", {}, { action: "labeled" });
    expect(translateGitHub(delivery).outcome).toBe("ignored");
  });
});

describe("a branch", () => {
  const repository = {
    full_name: "acme/shop",
    html_url: "https://github.com/acme/shop",
    pushed_at: 1557933657,
  };
  const pushOf = (fields: object): GitHubDelivery => ({
    event: "push",
    delivery: "d",
    payload: { ref: "refs/heads/feature/a", before: sha("0"), after: sha("a"), repository, ...fields },
  });

  it.each([
    ["dev.cdevents.branch.created.0.3.0", { created: true }],
    ["dev.cdevents.branch.deleted.0.3.0", { deleted: true, before: sha("a"), after: sha("0") }],
    ["dev.cdeventsx.github-branch.pushed.0.1.0", { before: sha("b") }],
  ])("%s", async (type, fields) => {
    const event = await translate(pushOf(fields));
    expect(event.context).toMatchObject({ type, source: "https://github.com/acme/shop" });
    expect(event.context.timestamp).toBe("2019-05-15T15:20:57.000Z");
    expect(event.subject.id).toBe("acme/shop/tree/feature/a");
  });

  it("that comes or goes is told once, by the webhook that the options name", async () => {
    const payload = {
      ref: "feature/a",
      ref_type: "branch",
      repository: { ...repository, pushed_at: "2019-05-15T15:20:57Z" },
    };
    const createOf = { event: "create", delivery: "d", payload };
    const deleteOf = { event: "delete", delivery: "d", payload };
    expect(translateGitHub(createOf).outcome).toBe("ignored");
    expect(translateGitHub(deleteOf).outcome).toBe("ignored");
    const options = { branchesFrom: "create-delete" } as const;
    expect(translateGitHub(pushOf({ created: true }), options).outcome).toBe("ignored");
    expect((await translate(createOf, options)).context.type).toBe("dev.cdevents.branch.created.0.3.0");
    expect((await translate(deleteOf, options)).context.type).toBe("dev.cdevents.branch.deleted.0.3.0");
    expect((await translate(createOf, options)).subject.id).toBe("acme/shop/tree/feature/a");
  });

  it("is no tag", () => {
    expect(translateGitHub(pushOf({ ref: "refs/tags/v1", created: true }))).toEqual({
      outcome: "ignored",
      reason: "a tag is no branch",
    });
  });
});

describe("a pipeline run", () => {
  it.each([
    ["success", "success"],
    ["neutral", "success"],
    ["failure", "failure"],
    ["action_required", "failure"],
    ["timed_out", "error"],
    ["startup_failure", "error"],
    ["cancelled", "cancel"],
    ["skipped", "cancel"],
    ["stale", "cancel"],
    ["a_conclusion_of_tomorrow", undefined],
    [null, undefined],
  ])("that GitHub concludes with %s has the outcome %s", async (conclusion, outcome) => {
    for (const [webhook, key] of [
      ["workflow_run", "workflow_run"],
      ["workflow_job", "workflow_job"],
    ] as const) {
      const event = await translate(
        bent(webhook, key, { conclusion, completed_at: "2021-06-15T19:30:00Z" }, { action: "completed" }),
      );
      expect(Reflect.get(event.subject.content, "outcome")).toBe(outcome);
      expect(Reflect.get(Object(event.customData), "conclusion")).toBe(conclusion ?? undefined);
    }
  });

  it("that is started again is another run", async () => {
    const run = await translate(bent("workflow_run", "workflow_run", { id: 7, run_attempt: 2 }));
    expect(run.subject.id).toBe("Codertocat/Hello-World/actions/runs/7/attempts/2");
    const job = await translate(bent("workflow_job", "workflow_job", { id: 9, run_id: 7, run_attempt: 2 }));
    expect(job.subject.content).toMatchObject({
      pipelineRun: { id: "octo-org/example-workflow/actions/runs/7/attempts/2" },
    });
  });

  it("that waits is no event of a task", () => {
    expect(translateGitHub(bent("workflow_job", "workflow_job", {}, { action: "queued" })).outcome).toBe(
      "ignored",
    );
  });
});

describe("a deployment", () => {
  const asked = { sha: sha("d"), id: 5 };

  it("is asked for, then succeeds, with one artifact and one chain", async () => {
    const requested = await translate(bent("deployment", "deployment", asked));
    const deployed = await translate(
      example("deployment_status", (payload) => Object.assign(payload.deployment, asked)),
    );
    const artifactId = githubPurl("Codertocat/Hello-World", sha("d"));
    expect(requested.context.type).toBe("dev.cdeventsx.github-deployment.requested.0.1.0");
    expect(deployed.context.type).toBe("dev.cdevents.service.deployed.0.3.0");
    expect(requested.context.chainId).toBe(commitChainId(hello, sha("d")));
    expect(deployed.context.chainId).toBe(requested.context.chainId);
    expect(requested.subject.content).toMatchObject({ artifactId });
    expect(deployed.subject.content).toEqual({
      artifactId,
      environment: { id: "production", source: hello },
    });
  });

  it.each(["failure", "error"])("that ends in %s has failed", async (state) => {
    const event = await translate(
      bent("deployment_status", "deployment_status", { state, description: "no space" }),
    );
    expect(event.context.type).toBe("dev.cdeventsx.github-deployment.failed.0.1.0");
    expect(event.subject.content).toMatchObject({ description: "no space" });
  });

  it.each(["pending", "queued", "in_progress", "inactive"])("that is %s is ignored", (state) => {
    expect(translateGitHub(bent("deployment_status", "deployment_status", { state })).outcome).toBe(
      "ignored",
    );
  });
});

describe("an artifact", () => {
  it.each([
    ["npm", "cart", "1.0.0", "pkg:npm/%40codertocat/cart@1.0.0?repository_url=npm.pkg.github.com"],
    ["npm", "@acme/cart", "1.0.0", "pkg:npm/%40acme/cart@1.0.0?repository_url=npm.pkg.github.com"],
    ["CONTAINER", "Cart", "sha256:ab", "pkg:docker/codertocat/cart@sha256%3Aab?repository_url=ghcr.io"],
    ["maven", "com.acme.cart", "1", "pkg:maven/com.acme/cart@1?repository_url=maven.pkg.github.com"],
    ["rubygems", "cart", "1", "pkg:gem/cart@1?repository_url=rubygems.pkg.github.com"],
    ["nuget", "Acme.Cart", "1", "pkg:nuget/Acme.Cart@1?repository_url=nuget.pkg.github.com"],
    ["swift", "cart", "1+b", "pkg:generic/Codertocat/cart@1%2Bb"],
  ])("of the %s registry, %s, has a package URL", async (package_type, name, version, purl) => {
    const delivery = example("package", (payload: Draft) => {
      Object.assign(payload.package, { package_type, name });
      payload.package.package_version.version = version;
    });
    expect((await translate(delivery)).subject.id).toBe(purl);
    const { package: registry_package, ...rest } = delivery.payload as Draft;
    const older = { ...delivery, event: "registry_package", payload: { ...rest, registry_package } };
    expect((await translate(older)).subject.id).toBe(purl);
  });

  it("without a known time of its version has the time of its package", async () => {
    const delivery = example("package", (payload: Draft) => {
      payload.package.package_version.created_at = "0001-01-01T00:00:00Z";
      payload.package.created_at = "2019-05-09T23:28:29Z";
    });
    expect((await translate(delivery)).context.timestamp).toBe("2019-05-09T23:28:29Z");
  });

  it("that is released is named by its tag, and belongs to its commit where GitHub names one", async () => {
    const published = { tag_name: "v1.0.0+a", target_commitish: sha("e") };
    const event = await translate(bent("release", "release", published));
    expect(event.subject.id).toBe("pkg:github/codertocat/hello-world@v1.0.0%2Ba");
    expect(event.context.chainId).toBe(commitChainId(hello, sha("e")));
  });
});

describe("a ticket", () => {
  it.each([
    ["closed", null, "completed"],
    ["closed", "completed", "completed"],
    ["closed", "not_planned", "withdrawn"],
    ["closed", "duplicate", "duplicate"],
    ["deleted", null, "withdrawn"],
    ["transferred", null, "transferred"],
  ])("that is %s (%s) ends with the resolution %s", async (action, state_reason, resolution) => {
    const event = await translate(bent("issues", "issue", { state_reason }, { action }));
    expect(event.context.type).toBe("dev.cdevents.ticket.closed.0.2.0");
    expect(event.subject.content).toMatchObject({ resolution, updatedBy: "Codertocat" });
  });
});

it("gives other ids to another delivery of the same payload", async () => {
  const delivery = bent("release", "release", {});
  const again = await translate({ ...delivery, delivery: "another" });
  expect(again.context.id).not.toBe((await translate(delivery)).context.id);
});
