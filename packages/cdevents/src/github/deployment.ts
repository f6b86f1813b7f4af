import { serviceDeployed } from "../vocabulary/service.js";
import { type DeploymentContent, githubDeploymentFailed, githubDeploymentRequested } from "./custom.js";
import { type Delivery, repositoryOf, type Verdict } from "./delivery.js";
import { githubPurl } from "./ids.js";
import {
  commit,
  integer,
  name,
  object,
  optionalName,
  optionalText,
  optionalUrl,
  type Place,
  time,
} from "./payload.js";

/** `deployment`: somebody asks for a deployment. */
export function deployment(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "created") return { ignore: "only the creation of a deployment asks for it" };
  const { common, content, id } = deploymentOf(payload, object(payload, "deployment"));
  const description = optionalText(payload, "deployment", "description") || undefined;
  return [
    delivery.event(githubDeploymentRequested, {
      ...common,
      timestamp: time(payload, "deployment", "created_at"),
      subject: { id, content: described(content, description) },
    }),
  ];
}

/** `deployment_status`: a service is deployed, or is not. */
export function deploymentStatus(delivery: Delivery): Verdict {
  const { action, payload } = delivery;
  if (action !== "created") return { ignore: "only the creation of a deployment status tells it" };
  const status = object(payload, "deployment_status");
  const state = name(status, "state");
  if (state !== "success" && state !== "failure" && state !== "error") {
    return { ignore: "the deployment has not come to its end" };
  }
  const { common, content, id } = deploymentOf(payload, status);
  const timestamp = time(status, "created_at");
  const customData = { ...common.customData, state, url: optionalUrl(status, "environment_url") };
  if (state !== "success") {
    const description = optionalText(status, "description") || undefined;
    const subject = { id, content: described(content, description) };
    return [delivery.event(githubDeploymentFailed, { ...common, customData, timestamp, subject })];
  }
  const { environment, artifactId } = content;
  const subject = { id: `service/${common.repository.fullName}`, content: { environment, artifactId } };
  return [delivery.event(serviceDeployed, { ...common, customData, timestamp, subject })];
}

function deploymentOf(payload: Place, environmentOf: Place) {
  const repository = repositoryOf(payload);
  const asked = object(payload, "deployment");
  const number = integer(asked, "id");
  const headSha = commit(asked, "sha");
  const content = {
    repository: repository.reference,
    environment: { id: name(environmentOf, "environment"), source: repository.url },
    artifactId: githubPurl(repository.fullName, headSha),
  };
  const common = {
    repository,
    commit: headSha,
    customData: {
      deployment: number,
      headSha,
      ref: optionalName(asked, "ref"),
      task: optionalName(asked, "task"),
      creator: optionalName(asked, "creator", "login"),
    },
  };
  return { common, content, id: `${repository.fullName}/deployments/${number}` };
}

function described(content: DeploymentContent, description: string | undefined): DeploymentContent {
  return description === undefined ? content : { ...content, description };
}
