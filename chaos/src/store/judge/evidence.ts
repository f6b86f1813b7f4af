/** What is known after a run on a store, and what it is held against. */

import type { Ended } from "../ledger.js";
import type { Effect, OwnRow } from "../service/contract.js";

/** An event as the broker has stored it, in the order of storing. */
export interface Stored {
  readonly id: string;
  readonly type: string;
  readonly name: string;
}

export interface StoreEvidence {
  /** What is in the service's table. */
  readonly rows: readonly OwnRow[];
  /** In the order of writing. */
  readonly effects: readonly Effect[];
  /** All that the broker has stored. */
  readonly stored: readonly Stored[];
  /** What the writers said of their transactions. */
  readonly ended: readonly Ended[];
}

/**
 * Which promise was broken: an event is missing; there is one of no committed row; it came before an earlier one of its key;
 * its effect is there again; it has another id than it should; a transaction did not end as its writer was told.
 */
export type StorePromise = "lost" | "phantom" | "order" | "twice" | "id" | "commit";

export interface StoreViolation {
  readonly promise: StorePromise;
  readonly what: string;
}
