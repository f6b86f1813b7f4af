import type { Group } from "../groups.js";
import type { Attempt, Confirmed } from "../history.js";
import type { Faults } from "./faults.js";

/** All that is known of one group after a run. */
export interface Evidence {
  readonly group: Pick<Group, "name" | "ordering">;
  readonly confirmed: readonly Confirmed[];
  /** In the order of delivery. */
  readonly attempts: readonly Attempt[];
  readonly faults: Faults;
  /** Those who left, where what is on its way to somebody who leaves may be counted as an attempt. */
  readonly leaves?: Faults;
  /** A member moves each delayed retry on when it is due: stored again, then acknowledged. */
  readonly movesRetries?: boolean;
  /** The ids on the group's dead-letter shelf at the end. */
  readonly shelf: readonly string[];
}

/** Which promise was broken. */
export type Promised = "lost" | "order" | "duplicate" | "attempt" | "dead letter" | "stuck";

export interface Violation {
  readonly promise: Promised;
  readonly what: string;
}

/** Attempts by something they share, in the order of delivery. */
export function groupedBy(
  attempts: readonly Attempt[],
  property: "id" | "key",
): ReadonlyMap<string, readonly Attempt[]> {
  const found = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const same = found.get(attempt[property]);
    if (same === undefined) found.set(attempt[property], [attempt]);
    else same.push(attempt);
  }
  return found;
}

/** A delivery in words, for whoever has to find out what happened. */
export function told({ id, attempt, by, deliveredAt }: Attempt): string {
  return `${id}, attempt ${attempt}, delivered to ${by} at ${deliveredAt.toFixed(0)}`;
}

export const isDone = ({ outcome }: Attempt): boolean => outcome === "ok" || outcome === "terminal";
