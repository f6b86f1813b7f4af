/** What became of the deliveries of one group on one channel, since this process started. */
export interface Counters {
  /** Handled to the end. */
  handled: number;
  /** Had been handled before: of transactional groups. */
  repeated: number;
  /** Failed and to be tried again. */
  retried: number;
  /** Put on the dead-letter shelf, for whatever reason. */
  deadLettered: number;
  /** No handler of the group is for this type. */
  unmatched: number;
  /** A handler is for this type, but its `where` did not match. */
  filtered: number;
  /** `expirytime` had passed. */
  expired: number;
  /** Not in the catalog. */
  unknownType: number;
  /** The data did not fit the schema. */
  invalid: number;
  /** The bytes were no event. */
  undecodable: number;
  /** Given back because the mesh stopped, or because an earlier event of the key failed. */
  released: number;
  /** Settled too late: another member had taken over. */
  stale: number;
  /** Removed by a hard retention limit before the group had read them. */
  missed: number;
  /** Predicates in `where` that threw; the event did not match. */
  filterErrors: number;
}

export function newCounters(): Counters {
  return {
    handled: 0,
    repeated: 0,
    retried: 0,
    deadLettered: 0,
    unmatched: 0,
    filtered: 0,
    expired: 0,
    unknownType: 0,
    invalid: 0,
    undecodable: 0,
    released: 0,
    stale: 0,
    missed: 0,
    filterErrors: 0,
  };
}
