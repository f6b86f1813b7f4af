import type { Attempt, Confirmed } from "../history.js";
import { twinsOf } from "./duplicates.js";
import { type Evidence, groupedBy, told, type Violation } from "./evidence.js";
import type { Faults } from "./faults.js";

/**
 * `attempt` counts deliveries: never fewer than the ledger knows to have begun, unless they were released; never more
 * than it knows of, and the faults in which one may have been lost on its way.
 */
export function findMiscounts(evidence: Evidence): Violation[] {
  const { confirmed, attempts, faults, leaves } = evidence;
  const published = new Map(confirmed.map((event) => [event.id, event]));
  const violations: Violation[] = [];
  for (const same of groupedBy(attempts, "id").values()) {
    for (const [at, one] of same.entries()) {
      const before = same.slice(0, at);
      const begun = before
        .filter(({ settled }) => settled?.outcome !== "release")
        .filter(({ begunAt = Infinity }) => begunAt < one.deliveredAt);
      const twins = twinsOf(before, one, evidence);
      // A copy of what was given back counts from where it was; one of a retry was counted.
      const released = twins.filter(({ settled }) => settled !== undefined).length;
      const least = Math.max(Math.min(1, begun.length - released), begun.length - twins.length);
      // A twin knows nothing of what became of the other.
      const isTwin = twins.some(
        ({ attempt, settled }) => one.attempt === attempt + (settled === undefined ? 1 : 0),
      );
      if (one.attempt <= least && !isTwin && !faults.late(one.by, one.deliveredAt))
        violations.push({ promise: "attempt", what: `too low, ${begun.length} had begun: ${told(one)}` });
      // What was given back later was not by then: it may have been lost before.
      const earlier = before.filter((other) => !wasReleased(other, one.deliveredAt));
      const most = 1 + earlier.length;
      if (one.attempt > most && one.attempt > most + hidden(one, published.get(one.id), [faults, leaves]))
        violations.push({
          promise: "attempt",
          what: `too high, only ${earlier.length} are known: ${told(one)}`,
        });
    }
  }
  return violations;
}

function wasReleased({ settled }: Attempt, before: number): boolean {
  return settled?.outcome === "release" && settled.askedAt <= before;
}

/** How many deliveries may have been lost on their way to a process. Without a confirmation we can't say. */
function hidden(one: Attempt, event: Confirmed | undefined, causes: readonly (Faults | undefined)[]): number {
  if (event === undefined) return Infinity;
  return causes.reduce((sum, cause) => sum + (cause?.between(event.askedAt, one.deliveredAt) ?? 0), 0);
}
