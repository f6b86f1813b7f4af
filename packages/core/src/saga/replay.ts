/** A journal of before, and the code of today. */
import { JournalMismatchError } from "./errors.js";
import { readEvent } from "./events.js";
import { astray, Execution } from "./execution.js";
import type { SagaHistory } from "./operations.js";
import type { Saga } from "./saga.js";

/**
 * Runs a saga's code over a journal, as a process does that takes an instance over. No step is done, nothing is published.
 *
 * @throws JournalMismatchError naming the instance, where the code does something else than the journal says it did
 * @throws MeshError `SAGA_ASTRAY` where the code comes to wait for a promise that is not of `run`
 */
export async function replayJournal(saga: Saga, history: SagaHistory): Promise<void> {
  const { key, start, journal, changedAt } = history;
  const { body } = saga;
  const execution = new Execution({ key, start, readEvent, now: () => changedAt, body });
  try {
    await execution.begin(journal);
  } catch (error) {
    // The error is made where nobody knows whose journal it is.
    if (error instanceof JournalMismatchError)
      error.message = `Saga "${saga.name}", instance "${key}": ${error.message}`;
    throw error;
  }
  if (execution.isAstray) throw astray();
}
