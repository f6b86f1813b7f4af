import type { Attempt } from "../history.js";
import { type Evidence, groupedBy, told, type Violation } from "./evidence.js";
import type { Faults } from "./faults.js";

export interface Repeats {
  /** Deliveries of what was not given back, each explained by a fault. */
  readonly explained: number;
  readonly violations: readonly Violation[];
}

/**
 * Nothing comes again but what was given back (`retry`, `release`), or was held by somebody whom a fault touched while
 * he held it. To a process that was cut off, an old delivery may also come late. A retry or a release that a fault left
 * without an answer may have made two of it.
 */
export function findRepeats(evidence: Evidence): Repeats {
  const { attempts, faults } = evidence;
  let explained = 0;
  const violations: Violation[] = [];
  for (const same of groupedBy(attempts, "id").values()) {
    for (const [at, again] of same.entries()) {
      const held = same.slice(0, at).filter((earlier) => !wasGivenBack(earlier, again.deliveredAt));
      const holders = held.filter((earlier) => !isExplained(earlier, again, faults));
      const [holder] = holders;
      if (holder !== undefined && holders.length > twinsOf(same.slice(0, at), again, evidence).length)
        violations.push({ promise: "duplicate", what: `${told(again)}; ${stateOf(holder)}` });
      else if (held.length > 0) explained++;
    }
  }
  return { explained, violations };
}

/**
 * Of which a fault may have made two. Retries and releases that were asked for and never answered: the event and its copy may both
 * be there. The copy may come before that fault: what is stored is handed on at once, while the answer waits on a busy machine. And
 * retries that a member moves on when they are due: a fault of anybody meanwhile may be one of that member.
 */
export function twinsOf(
  earlier: readonly Attempt[],
  again: Attempt,
  { faults, movesRetries = false }: Pick<Evidence, "faults" | "movesRetries">,
): readonly Attempt[] {
  return earlier.filter(({ outcome, settled, by, deliveredAt }) => {
    if (settled === undefined) return outcome === "failed" && faults.touched(by, deliveredAt, Infinity);
    if (movesRetries && settled.outcome === "retry")
      return faults.between(settled.askedAt, again.deliveredAt) > 0;
    return (
      settled.assumed === true && faults.touched(by, deliveredAt, Math.min(settled.at, again.deliveredAt))
    );
  });
}

function wasGivenBack({ settled }: Attempt, before: number): boolean {
  if (settled === undefined || settled.askedAt > before) return false;
  return settled.outcome === "retry" || settled.outcome === "release";
}

function isExplained(earlier: Attempt, again: Attempt, faults: Faults): boolean {
  const heldUntil = Math.min(earlier.settled?.at ?? Infinity, again.deliveredAt);
  return (
    faults.touched(earlier.by, earlier.deliveredAt, heldUntil) || faults.late(again.by, again.deliveredAt)
  );
}

function stateOf(holder: Attempt): string {
  const { settled } = holder;
  if (settled === undefined) return `still held: ${told(holder)}`;
  return `settled (${settled.outcome}) at ${settled.at.toFixed(0)}: ${told(holder)}`;
}
