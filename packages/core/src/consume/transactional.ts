import type { Store } from "../store/contract.js";
import type { Attempt } from "./attempt.js";

/** Against other transactions; after that the attempt fails like any other. */
const retries = 10;

/**
 * Handles an event in one transaction: that it was handled, what the handler writes, and what it publishes. Resolves with
 * false when it had been handled before; then nothing is done.
 */
export function inTransaction(store: Store, attempt: Attempt, run: () => Promise<void>): Promise<boolean> {
  const { group, event } = attempt;
  return store.transaction(
    async (tx) => {
      if (!(await tx.claim({ group, source: event.source, id: event.id }))) return false;
      attempt.begin(tx);
      await run();
      attempt.close();
      await attempt.store(tx);
      return true;
    },
    { retries },
  );
}
