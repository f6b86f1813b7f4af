/**
 * How things of GitHub are named in CDEvents. A subject id is the path of the thing's page, so it is unique on the
 * server and a change, a run and a ticket can be found by eye.
 */
import { stableId } from "../event/stable-id.js";

/**
 * The chain of everything that happens to one commit: its change, pipelines, tasks, artifacts and deployments share
 * it. A merged change belongs to the chain of the commit that the merge made; its earlier events belong to the
 * chains of the commits it proposed, and are joined by the subject id.
 *
 * @param repositoryUrl the page of the repository, which is the source of its events
 * @param commit the full commit id
 */
export function commitChainId(repositoryUrl: string, commit: string): string {
  return stableId("github-commit", repositoryUrl.toLowerCase(), commit);
}

/**
 * The package URL of a repository at one version (purl-spec, type "github").
 *
 * @param fullName "owner/name"
 * @param version a tag or a commit id
 * @example githubPurl("acme/shop", "v1.2.0") // "pkg:github/acme/shop@v1.2.0"
 */
export function githubPurl(fullName: string, version: string): string {
  return `pkg:github/${purlPath(fullName.toLowerCase())}@${purlSegment(version)}`;
}

/** One segment of a package URL: everything but unreserved characters and ":" is percent-encoded. */
export function purlSegment(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Several segments; empty ones are dropped. */
export function purlPath(value: string): string {
  return value.split("/").filter(Boolean).map(purlSegment).join("/");
}
