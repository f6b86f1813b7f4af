/** For every standard event the content with all of its fields, after the conformance examples of the specification. */
import type { CdEventOf, cdeventsVocabulary, githubVocabulary } from "../src/index.js";

type Event = CdEventOf<(typeof cdeventsVocabulary)[number] | (typeof githubVocabulary)[number]>;

/** The content of each type; the compiler checks it against the interfaces, the test against the schemas. */
type Contents = { readonly [E in Event as E["context"]["type"]]: Required<E["subject"]["content"]> };

const repository = { id: "TestRepo/TestOrg", source: "https://example.org" };
const environment = { id: "test123", source: "testkube-dev-123" };
const service = { id: "service123", source: "/clusters/prod" };
const artifactId = "pkg:oci/myapp@sha256%3A0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427";
const sbom = { uri: "https://sbom.repo/myorg/234fd47e07d1004f0aed9c.sbom" };
const uri = "https://www.example.com/mySubject123";
const pipeline = { pipelineName: "myPipeline", uri };
const task = { taskName: "myTask", uri, pipelineRun: { id: "mySubject123", source: "/pipelines" } };
const place = { name: "testEnv", uri };
const repo = {
  name: "TestRepo",
  owner: "TestOrg",
  uri: "git://example.org/x.git",
  viewUrl: "https://example.org/x",
};
const incident = { description: "Response time above 10ms", environment, service, artifactId };
const deployment = { repository, environment, artifactId, description: "no space left" };
const ticket = {
  summary: "New CVE-123 detected",
  ticketType: "task",
  group: "security",
  creator: "Alice",
  assignees: ["Bob"],
  priority: "high",
  labels: ["bug"],
  milestone: "123",
  uri: "https://example.issues.com/ticket123",
};

export const contents: Contents = {
  "dev.cdevents.artifact.packaged.0.3.0": {
    change: { id: "myChange123", source: "my-git.example/a-repo" },
    sbom,
  },
  "dev.cdevents.artifact.published.0.3.0": { sbom, user: "mybot-myapp" },
  "dev.cdevents.branch.created.0.3.0": { repository },
  "dev.cdevents.branch.deleted.0.3.0": { repository },
  "dev.cdevents.build.finished.0.3.0": { artifactId },
  "dev.cdevents.build.queued.0.3.0": {},
  "dev.cdevents.build.started.0.3.0": {},
  "dev.cdevents.change.abandoned.0.3.0": { repository },
  "dev.cdevents.change.created.0.4.0": { description: "This PR addresses a bug", repository },
  "dev.cdevents.change.merged.0.3.0": { repository },
  "dev.cdevents.change.reviewed.0.3.0": { repository },
  "dev.cdevents.change.updated.0.3.0": { repository },
  "dev.cdevents.environment.created.0.3.0": place,
  "dev.cdevents.environment.modified.0.3.0": place,
  "dev.cdevents.incident.detected.0.3.0": incident,
  "dev.cdevents.incident.reported.0.3.0": {
    ...incident,
    ticketURI: "https://my-issues.example/incidents/ticket-345",
  },
  "dev.cdevents.incident.resolved.0.3.0": incident,
  "dev.cdevents.pipelinerun.finished.0.3.0": { ...pipeline, outcome: "success", errors: "none" },
  "dev.cdevents.pipelinerun.queued.0.3.0": pipeline,
  "dev.cdevents.pipelinerun.started.0.3.0": pipeline,
  "dev.cdevents.repository.created.0.3.0": repo,
  "dev.cdevents.repository.deleted.0.3.0": repo,
  "dev.cdevents.repository.modified.0.3.0": repo,
  "dev.cdevents.service.deployed.0.3.0": { environment, artifactId },
  "dev.cdevents.service.rolledback.0.3.0": { environment, artifactId },
  "dev.cdevents.service.upgraded.0.3.0": { environment, artifactId },
  "dev.cdevents.taskrun.finished.0.3.0": { ...task, outcome: "failure", errors: "exit code 1" },
  "dev.cdevents.taskrun.started.0.3.0": task,
  "dev.cdevents.testsuiterun.finished.0.3.0": {
    environment,
    outcome: "cancel",
    severity: "critical",
    reason: "Host 123.34.23.32 not found",
    testSuite: { id: "92834723894", version: "1.0", name: "Auth TestSuite", uri },
  },
  "dev.cdevents.ticket.closed.0.2.0": { ...ticket, updatedBy: "Bob", resolution: "completed" },
  "dev.cdevents.ticket.created.0.2.0": ticket,
  "dev.cdevents.ticket.updated.0.2.0": { ...ticket, updatedBy: "Bob" },
  "dev.cdeventsx.github-branch.pushed.0.1.0": { repository, before: "a".repeat(40), after: "b".repeat(40) },
  "dev.cdeventsx.github-deployment.failed.0.1.0": deployment,
  "dev.cdeventsx.github-deployment.requested.0.1.0": deployment,
};

/** What the specification requires in the content; an event that is not listed requires nothing. */
export const required: Readonly<Record<string, readonly string[]>> = {
  "dev.cdevents.artifact.packaged.0.3.0": ["change"],
  "dev.cdevents.incident.detected.0.3.0": ["environment"],
  "dev.cdevents.incident.reported.0.3.0": ["environment", "ticketURI"],
  "dev.cdevents.incident.resolved.0.3.0": ["environment"],
  "dev.cdevents.pipelinerun.started.0.3.0": ["pipelineName", "uri"],
  "dev.cdevents.repository.created.0.3.0": ["name", "uri"],
  "dev.cdevents.service.deployed.0.3.0": ["artifactId", "environment"],
  "dev.cdevents.service.rolledback.0.3.0": ["artifactId", "environment"],
  "dev.cdevents.service.upgraded.0.3.0": ["artifactId", "environment"],
  "dev.cdevents.testsuiterun.finished.0.3.0": ["environment", "outcome"],
  "dev.cdevents.ticket.closed.0.2.0": ["resolution", "uri"],
  "dev.cdevents.ticket.created.0.2.0": ["creator", "summary", "uri"],
  "dev.cdevents.ticket.updated.0.2.0": ["uri"],
  "dev.cdeventsx.github-branch.pushed.0.1.0": ["after", "before", "repository"],
  "dev.cdeventsx.github-deployment.failed.0.1.0": ["artifactId", "environment", "repository"],
  "dev.cdeventsx.github-deployment.requested.0.1.0": ["artifactId", "environment", "repository"],
};
