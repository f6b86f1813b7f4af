/**
 * How an event changes the documents. What is kept of a thing is all that was ever said of it, or its first time, so events may
 * come in any order and any number of times: the documents are the same in the end.
 */
import { type DoraDocuments, type IncidentDocument, keys } from "./documents.js";
import type { IncidentFact, ServiceFact } from "./facts.js";
import { changesDeployed } from "./links.js";
import { earliest, spellsOf, union, withTime } from "./merge.js";
import { weekOf } from "./week.js";

/** Reports that are this close together are kept as one; in milliseconds. What counts as one deployment is said by the report. */
export const keptApart = 60_000;

/** A service was deployed or upgraded. */
export async function deployed(documents: DoraDocuments, fact: ServiceFact): Promise<void> {
  const { service, environment, artifact, at } = fact;
  const key = keys.row(service, weekOf(at), "deployment", environment, artifact);
  const known = await documents.get(key);
  const before = known?.kind === "deployment" ? known.spells : [];
  const spells = spellsOf([...before, [at, at]], keptApart);
  if (JSON.stringify(spells) !== JSON.stringify(before)) {
    await documents.set(key, { kind: "deployment", environment, artifact, spells });
  }
  if (known === undefined) await serviceKnown(documents, service);
  await changesDeployed(documents, fact);
}

/** A service was brought back to an earlier version. */
export async function rolledBack(documents: DoraDocuments, fact: ServiceFact): Promise<void> {
  const { service, environment, at } = fact;
  const key = keys.row(service, weekOf(at), "rollback", environment);
  const known = await documents.get(key);
  const before = known?.kind === "rollback" ? known.times : [];
  if (before.includes(at)) return;
  await documents.set(key, { kind: "rollback", environment, times: withTime(before, at) });
  if (known === undefined) await serviceKnown(documents, service);
}

/** An incident began or was resolved. */
export async function incidentKnown(documents: DoraDocuments, fact: IncidentFact): Promise<void> {
  const key = keys.incident(fact.incident);
  const known = await documents.get(key);
  const before = known?.kind === "incident" ? known : nothingKnown;
  const now: IncidentDocument = {
    kind: "incident",
    began: earliest(before.began, fact.began),
    resolved: earliest(before.resolved, fact.resolved),
    environments: union(before.environments, fact.environments),
    services: union(before.services, fact.services),
    artifacts: union(before.artifacts, fact.artifacts),
  };
  await documents.set(key, now);
  if (before.began !== undefined && before.began !== now.began) {
    await documents.delete(keys.began(weekOf(before.began), fact.incident));
  }
  if (now.began === undefined) return;
  await documents.set(keys.began(weekOf(now.began), fact.incident), now);
  for (const service of now.services) await serviceKnown(documents, service);
}

const nothingKnown: IncidentDocument = { kind: "incident", environments: [], services: [], artifacts: [] };

async function serviceKnown(documents: DoraDocuments, service: string): Promise<void> {
  const key = keys.service(service);
  if ((await documents.get(key)) === undefined) await documents.set(key, { kind: "service", service });
}
