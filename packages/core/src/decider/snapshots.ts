/** Snapshots: the state of a stream at a version, as a document. */
import type { Transaction } from "../store/contract.js";
import type { Job } from "./job.js";

export interface Snapshot {
  readonly version: number;
  readonly state: unknown;
}

/** Undefined where there is none that this decider can use. */
export async function readSnapshot(
  { parts, decider, stream }: Job,
  tx: Transaction | undefined,
): Promise<Snapshot | undefined> {
  if (decider.snapshot === undefined) return undefined;
  const documents = tx?.documents ?? parts.store.documents;
  const body = (await documents.read(collectionOf(decider.snapshot), [stream])).get(stream);
  return body === undefined ? undefined : JSON.parse(body);
}

export async function writeSnapshot(
  { decider, stream }: Job,
  { version, state }: Snapshot,
  tx: Transaction,
): Promise<void> {
  if (decider.snapshot === undefined) return;
  const body = JSON.stringify({ version, state });
  await tx.documents.write(collectionOf(decider.snapshot), [{ key: stream, body }]);
}

/** The version of the policy is part of the name: so older ones are other documents. */
function collectionOf({ name, version }: { readonly name: string; readonly version: number }): string {
  return `snapshots/${name}/${version}`;
}
