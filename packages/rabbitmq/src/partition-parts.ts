/** What a partition is given, and the channels it works on. */
import type { Clock } from "@meshwright/core/adapter";
import type { Feed } from "./feed.js";
import type { FirstQueue } from "./first-queue.js";
import type { OrderedHeld } from "./ordered-held.js";
import type { Outgoing } from "./outgoing.js";

export interface PartitionParts {
  readonly index: number;
  readonly mainQueue: string;
  readonly heldQueue: string;
  /** History that comes before the main queue, where the group started in the past. */
  readonly first: FirstQueue | undefined;
  readonly prefetch: number;
  readonly parked: number;
  readonly clock: Clock;
  readonly wanted: ((type: string) => boolean) | undefined;
  send(messages: readonly Outgoing[]): Promise<unknown>;
  /** Puts what is no message among the dead letters, then acknowledges it. */
  bury(held: OrderedHeld): void;
  /** There may be something to hand out. */
  ready(): void;
  /** It leads now. */
  led(): void;
  /** Somebody joined. */
  joined(): void;
  /** The journal could not be written: start over. */
  failed(error: unknown): void;
}

/** A server that has much on its way works more for it. */
const plenty = 300;

/** How much of a partition a member may read: all of its prefetch, or of a large one twice the partition's share. */
export function readAhead(prefetch: number, partitions: number): number {
  return Math.min(prefetch, Math.max(plenty, Math.ceil((2 * prefetch) / partitions)));
}

export interface Feeds {
  readonly main: Feed;
  readonly held: Feed;
}
