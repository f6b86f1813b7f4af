/** What a process of a run of sagas writes into its ledger: see `../ledger.ts`. */

/** A step, or what undoes it, of a saga. */
export interface Doing {
  readonly saga: string;
  readonly step: string;
  /** Its idempotency key. */
  readonly key: string;
  readonly attempt: number;
}

/** Times are milliseconds of `nowMs`. */
export type SagaEntry =
  /** `clock`: milliseconds since the epoch. */
  | { readonly kind: "begun"; readonly at: number; readonly clock: number; readonly doing: Doing }
  /** `mark`: what it returns; none where it fails. */
  | { readonly kind: "done"; readonly at: number; readonly doing: Doing; readonly mark?: string }
  /** The process got no time from `from` on. */
  | { readonly kind: "stalled"; readonly at: number; readonly from: number };
