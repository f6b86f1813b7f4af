/**
 * Which changes a deployment brings. Changes and deployments meet in a link: an artifact, a chain, the name of a change. Each of
 * them leaves itself there and takes what the others have left, so it does not matter who comes first.
 */
import {
  type ChangeDocument,
  type DoraDocuments,
  keys,
  type LinkDocument,
  type ShippedRow,
} from "./documents.js";
import type { ArtifactFact, ChangeFact, ServiceFact } from "./facts.js";
import { earliest, timeOf, union, withEarliest } from "./merge.js";
import { weekOf } from "./week.js";

/** A change was created or merged. */
export async function changeKnown(documents: DoraDocuments, fact: ChangeFact): Promise<void> {
  const chains = fact.chainId === undefined ? [] : [keys.link("chain", fact.chainId)];
  for (const link of [...chains, ...fact.names.map((name) => keys.link("name", name))]) {
    await addChange(documents, link, fact.change);
  }
  const before = await changeIn(documents, fact.change);
  const created = earliest(before.created, fact.created);
  const merged = earliest(before.merged, fact.merged);
  if (created === before.created && merged === before.merged) return;
  await writeChange(documents, fact.change, { ...before, created, merged });
}

/** An artifact was made. */
export async function artifactKnown(documents: DoraDocuments, fact: ArtifactFact): Promise<void> {
  if (!isOneVersion(fact.artifact)) return;
  const artifact = keys.link("artifact", fact.artifact);
  if (fact.chainId !== undefined) await connect(documents, keys.link("chain", fact.chainId), artifact);
  if (fact.madeOf !== undefined) await connect(documents, keys.link("name", fact.madeOf), artifact);
}

/** A service was deployed. */
export async function changesDeployed(documents: DoraDocuments, fact: ServiceFact): Promise<void> {
  const { artifact, chainId } = fact;
  if (chainId !== undefined) await addDeployment(documents, keys.link("chain", chainId), fact);
  if (isOneVersion(artifact)) await addDeployment(documents, keys.link("artifact", artifact), fact);
}

/** A package URL without a version stands for whatever was ever built, so it says nothing of the changes in it. */
function isOneVersion(artifact: string): boolean {
  return !/^pkg:[^@]*$/i.test(artifact);
}

async function addChange(documents: DoraDocuments, key: string, change: string): Promise<void> {
  const link = await linkIn(documents, key);
  if (link.changes.includes(change)) return;
  await documents.set(key, { ...link, changes: union(link.changes, [change]) });
  for (const artifact of link.into) await addChange(documents, artifact, change);
  for (const [service, at] of link.deployed) await ship(documents, change, { service, at });
}

async function connect(documents: DoraDocuments, key: string, artifact: string): Promise<void> {
  const link = await linkIn(documents, key);
  if (link.into.includes(artifact)) return;
  await documents.set(key, { ...link, into: union(link.into, [artifact]) });
  for (const change of link.changes) await addChange(documents, artifact, change);
}

async function addDeployment(documents: DoraDocuments, key: string, { service, at }: Arrival): Promise<void> {
  const link = await linkIn(documents, key);
  if (isKnown(link.deployed, { service, at })) return;
  await documents.set(key, { ...link, deployed: withEarliest(link.deployed, service, at) });
  for (const change of link.changes) await ship(documents, change, { service, at });
}

/** Where and when a change came to run. */
type Arrival = Pick<ServiceFact, "service" | "at">;

/** A service runs a change: its first time counts. */
async function ship(documents: DoraDocuments, change: string, { service, at }: Arrival): Promise<void> {
  const before = await changeIn(documents, change);
  if (isKnown(before.shipped, { service, at })) return;
  const moved = timeOf(before.shipped, service);
  if (moved !== undefined) await documents.delete(rowKey(service, moved, change));
  await writeChange(documents, change, { ...before, shipped: withEarliest(before.shipped, service, at) });
}

function isKnown(times: LinkDocument["deployed"], { service, at }: Arrival): boolean {
  const known = timeOf(times, service);
  return known !== undefined && known <= at;
}

async function writeChange(documents: DoraDocuments, change: string, known: ChangeDocument): Promise<void> {
  await documents.set(keys.change(change), known);
  for (const [service, at] of known.shipped) {
    const row: ShippedRow = { kind: "shipped", at, created: known.created, merged: known.merged };
    await documents.set(rowKey(service, at, change), row);
  }
}

function rowKey(service: string, at: number, change: string): string {
  return keys.row(service, weekOf(at), "shipped", change);
}

async function changeIn(documents: DoraDocuments, change: string): Promise<ChangeDocument> {
  const document = await documents.get(keys.change(change));
  return document?.kind === "change" ? document : { kind: "change", shipped: [] };
}

async function linkIn(documents: DoraDocuments, key: string): Promise<LinkDocument> {
  const document = await documents.get(key);
  return document?.kind === "link" ? document : { kind: "link", changes: [], into: [], deployed: [] };
}
