/** What a writer says of its transactions, in a file of its own: see `../ledger.ts`. */

/** A transaction has ended, as far as its writer knows. Of one whose writer was killed first there is none. */
export interface Ended {
  /** The names of its rows. */
  readonly rows: readonly string[];
  readonly committed: boolean;
  /** Why that is known: the answer, the writer's own will, the code of an error, or a look at the rows. */
  readonly why: string;
}

export const [answered, onPurpose, looked] = ["answered", "on purpose", "looked at"] as const;
