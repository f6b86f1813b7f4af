import {
  artifactPackaged,
  type CdEventOf,
  cdevent,
  serviceDeployed,
  stableId,
  toPublish,
} from "@meshwright/cdevents";
import type { Releasable } from "./commits.js";

const source = "/release";

/** The commit was built. One commit is packaged once, so the id follows from what is packaged. */
export function packaged(commit: Releasable) {
  const { artifactId, chainId, changeId } = commit;
  const change = { id: changeId, source: commit.source };
  return toPublish<CdEventOf<typeof artifactPackaged>>(
    cdevent(artifactPackaged, {
      id: stableId(source, artifactId, "packaged"),
      source,
      timestamp: new Date().toISOString(),
      chainId,
      subject: { id: artifactId, content: { change } },
    }),
  );
}

/** The artifact of a commit went into production, because of that scan. */
export function deployed(commit: Releasable, scan: { readonly source: string; readonly id: string }) {
  const { artifactId, chainId, repository } = commit;
  const environment = { id: "production", source: commit.source };
  return toPublish<CdEventOf<typeof serviceDeployed>>(
    cdevent(serviceDeployed, {
      id: stableId(scan.source, scan.id, "deployed"),
      source,
      timestamp: new Date().toISOString(),
      chainId,
      subject: { id: `service/${repository}`, content: { environment, artifactId } },
    }),
  );
}
