/** A new instance that has done what another one did up to a place. */
import { MeshError, TerminalError } from "../errors/errors.js";
import { deriveId } from "../event/ids.js";
import { startRecord } from "./activation.js";
import type { SagaTransaction } from "./documents.js";
import { readEvent } from "./events.js";
import type { JournalEntry } from "./journal.js";
import { readJournal, readRecord, writeRecord } from "./records.js";

export interface ForkOrder {
  readonly key: string;
  /** The step that it is to do again. */
  readonly from: string;
  /** The key of the new one. */
  readonly as: string;
}

/** Returns whether there is one to fork. */
export async function fork(
  tx: SagaTransaction,
  saga: string,
  { key, from, as }: ForkOrder,
  now: number,
): Promise<boolean> {
  const found = await readRecord(tx.documents, key);
  if (found === undefined) return false;
  if ((await readRecord(tx.documents, as)) !== undefined) throw exists(saga);
  const journal = await readJournal(tx.documents, found);
  const { signals, seen, version } = found;
  const begun = startRecord({ start: readEvent(found.start), key: as, run: 1, version, seen, signals }, now);
  // Not that of the start event: its steps are others than those of the other one.
  const id = deriveId({ group: "saga fork", source: as, id: found.id, ordinal: found.length });
  const after = { ...begun, id, due: now };
  await writeRecord(tx, { before: undefined, after, entries: journal.slice(0, beginOf(journal, from)) });
  return true;
}

/** The first entry that tells of a step. */
function beginOf(journal: readonly JournalEntry[], step: string): number {
  const at = journal.findIndex(
    (entry) => (entry.kind === "step" || entry.kind === "attempt") && entry.name === step,
  );
  if (at >= 0) return at;
  throw new MeshError("SAGA_STEP_UNKNOWN", `The journal of the instance has no step "${step}".`);
}

export function exists(saga: string): TerminalError {
  return new TerminalError(`saga "${saga}" has an instance of this key already.`, { code: "SAGA_EXISTS" });
}
