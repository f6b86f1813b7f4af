/** Which deployments failed. Pure. */
import type { DeploymentRow, IncidentDocument, RollbackRow } from "./documents.js";
import { type Spell, spellsOf } from "./merge.js";

/** One deployment, however many reports there are of it. */
export interface Deployment {
  readonly environment: string;
  readonly artifact: string;
  /** When it was first reported, in milliseconds since the epoch. */
  readonly at: number;
}

/** What reports of one artifact tell: those that follow one another closely are of one deployment. In the order of time. */
export function deploymentsOf(rows: readonly DeploymentRow[], repeatWithinMs: number): readonly Deployment[] {
  const found = new Map<string, { readonly row: DeploymentRow; readonly spells: Spell[] }>();
  for (const row of rows) {
    const key = JSON.stringify([row.artifact, row.environment]);
    const { spells } = found.get(key) ?? { spells: [] };
    found.set(key, { row, spells: [...spells, ...row.spells] });
  }
  // By artifact first, so that two deployments of one moment have an order too.
  const inOrder = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return inOrder
    .flatMap(([, { row, spells }]) =>
      spellsOf(spells, repeatWithinMs).map(([at]) => ({
        environment: row.environment,
        artifact: row.artifact,
        at,
      })),
    )
    .sort((one, other) => one.at - other.at);
}

/** Whether an incident belongs to a service: it names it, or names none and an artifact that the service had been deployed with. */
export function isAbout(
  incident: IncidentDocument,
  service: string,
  deployments: readonly Deployment[],
  failureWithinMs: number,
): boolean {
  if (incident.services.length > 0) return incident.services.includes(service);
  return incident.artifacts.length > 0 && blamed(incident, deployments, failureWithinMs) !== undefined;
}

/** The deployments that rollbacks and incidents go back to. */
export function failuresOf(
  deployments: readonly Deployment[],
  rollbacks: readonly RollbackRow[],
  incidents: readonly IncidentDocument[],
  failureWithinMs: number,
): ReadonlySet<Deployment> {
  const undone = rollbacks.flatMap(({ environment, times }) =>
    times.map((began) => ({ began, environments: [environment], artifacts: [] })),
  );
  const failed = new Set<Deployment>();
  for (const trouble of [...incidents, ...undone]) {
    const deployment = blamed(trouble, deployments, failureWithinMs);
    if (deployment !== undefined) failed.add(deployment);
  }
  return failed;
}

type Trouble = Pick<IncidentDocument, "began" | "environments" | "artifacts">;

/** The last deployment before it: there, of the artifact that it names, and not too long ago. */
function blamed(
  { began = Number.NEGATIVE_INFINITY, environments, artifacts }: Trouble,
  deployments: readonly Deployment[],
  failureWithinMs: number,
): Deployment | undefined {
  return deployments.findLast(
    ({ environment, artifact, at }) =>
      at <= began &&
      began - at <= failureWithinMs &&
      environments.includes(environment) &&
      (artifacts.length === 0 || artifacts.includes(artifact)),
  );
}
