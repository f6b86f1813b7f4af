import {
  type CdEventOf,
  changeMerged,
  customText,
  githubPurl,
  type pipelineRunFinished,
} from "@meshwright/cdevents";
import type { MeshEvent } from "@meshwright/core";

type EventOf<Definition extends { readonly type: string }> = MeshEvent<
  Definition["type"],
  CdEventOf<Definition>
>;

/** The events that say whether a commit may be released. */
export type CommitEvent = EventOf<typeof changeMerged> | EventOf<typeof pipelineRunFinished>;

/** A merged commit whose pipeline succeeded. */
export interface Releasable {
  /** Package URL of what is built from it. */
  readonly artifactId: string;
  /** The chain of the commit, which everything about it shares. */
  readonly chainId: string;
  /** "owner/name" */
  readonly repository: string;
  /** The page of the repository. */
  readonly source: string;
  /** The pull request. */
  readonly changeId: string;
}

/**
 * A small read model: what is known of each commit, keyed by its chain. The merge and the pipeline run come in any
 * order, since they have different keys. Folding an event twice changes nothing.
 */
export class Commits {
  readonly #merged = new Map<string, Releasable>();
  readonly #green = new Set<string>();
  readonly #byArtifact = new Map<string, Releasable>();

  /** Takes an event in. @returns the commit where it may be released with what is known now */
  fold(event: CommitEvent): Releasable | undefined {
    const { chainId } = event.data.context;
    if (chainId === undefined) return undefined;
    if (event.type === changeMerged.type) {
      const commit = mergedCommit(event.data, chainId);
      if (commit !== undefined) this.#merged.set(chainId, commit);
    } else if (event.data.subject.content.outcome === "success") {
      this.#green.add(chainId);
    }
    const commit = this.#green.has(chainId) ? this.#merged.get(chainId) : undefined;
    if (commit !== undefined) this.#byArtifact.set(commit.artifactId, commit);
    return commit;
  }

  /** The commit that an artifact was built from, where this service packaged it. */
  of(artifactId: string): Releasable | undefined {
    return this.#byArtifact.get(artifactId);
  }
}

function mergedCommit(merged: CdEventOf<typeof changeMerged>, chainId: string): Releasable | undefined {
  const sha = customText(merged, "mergeSha") ?? customText(merged, "headSha");
  const repository = merged.subject.content.repository?.id;
  if (sha === undefined || repository === undefined) return undefined;
  const artifactId = githubPurl(repository, sha);
  return { artifactId, chainId, repository, source: merged.context.source, changeId: merged.subject.id };
}
