import type { HeldDelivery, Holder, KeyState, Returned, Waiting } from "./delivery.js";
import type { Entry } from "./log.js";

/** Hands one message over; false when it is gone from the log. */
export type HandOver = (waiting: Waiting, key: KeyState) => boolean;

/**
 * What stands between a group's place in the log and its members: which message may go to whom, and what waits.
 * One for each ordering. Every operation is O(1) amortised, whatever waits.
 */
export interface Backlog {
  /** May this member have the next message of the log? If not, it is parked here and undefined comes back. */
  claim(entry: Entry, member: Holder): KeyState | undefined;
  /** Hands over up to `limit` of what waits here and this member may have. */
  serve(member: Holder, limit: number, handOver: HandOver): void;
  /** The delivery is held no more. Comes before anything that follows from it. */
  free(delivery: HeldDelivery): void;
  /** Takes a message back into its place in order. */
  giveBack(returned: Returned): void;
  /** Takes a message back, whose key waits until `due`. */
  delay(returned: Returned): void;
  due(returned: Returned): void;
  /** Adds a message behind everything of its key that was handed over or is waiting here. */
  append(returned: Returned): void;
  /** Nothing of its key is handed over until the delivery is free. */
  suspend(delivery: HeldDelivery): void;
  /** Whether something before it in its key's order waits, so that it must not be handed over now. */
  overtakes(delivery: HeldDelivery): boolean;
}
