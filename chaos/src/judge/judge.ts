/** The judge: reads what happened and says what was broken. It knows nothing of any broker. Imports the history alone. */
import { findMiscounts } from "./attempts.js";
import { findRepeats } from "./duplicates.js";
import { type Evidence, isDone, type Violation } from "./evidence.js";
import { findLost } from "./lost.js";
import { findDisorder } from "./order.js";

export interface Verdict {
  readonly group: string;
  readonly confirmed: number;
  /** Events that a handler ended with success, confirmed or not. */
  readonly handled: number;
  readonly deadLettered: number;
  readonly deliveries: number;
  /** Deliveries that followed from a retry or a release. */
  readonly givenBack: number;
  /** Deliveries that a fault explains. */
  readonly repeated: number;
  readonly violations: readonly Violation[];
}

export function judge(evidence: Evidence): Verdict {
  const { group, confirmed, attempts, shelf } = evidence;
  const repeats = findRepeats(evidence);
  const done = new Set(attempts.filter(isDone).map(({ id }) => id));
  return {
    group: group.name,
    confirmed: confirmed.length,
    handled: done.size,
    deadLettered: shelf.length,
    deliveries: attempts.length,
    givenBack: attempts.filter(
      ({ settled }) => settled?.outcome === "retry" || settled?.outcome === "release",
    ).length,
    repeated: repeats.explained,
    violations: [
      ...findLost(evidence),
      ...findDisorder(evidence),
      ...repeats.violations,
      ...findMiscounts(evidence),
    ],
  };
}
