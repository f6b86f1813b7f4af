import type { Fault } from "../history.js";

/** Looks up what happened to whom. */
export interface Faults {
  /** Whether a fault touched this process, or everyone, between these times. */
  touched(by: string, from: number, to: number): boolean;
  /** Whether this very process was cut off, so that something old may reach it at this time. */
  late(by: string, at: number): boolean;
  /** How many deliveries may have been lost on their way to somebody between these times. */
  between(from: number, to: number): number;
}

/**
 * @param leaseMs - for so long after its end a fault still explains what is seen
 * @param consumers - how many a fault of everyone may have reached one after the other
 */
export function faultsOf(all: readonly Fault[], leaseMs: number, consumers = 1): Faults {
  const overlaps = (fault: Fault, from: number, to: number): boolean =>
    fault.from <= to && fault.to + leaseMs >= from;
  const byTarget = new Map<string, Fault[]>();
  for (const fault of all) {
    byTarget.set(fault.target, byTarget.get(fault.target) ?? []);
    byTarget.get(fault.target)?.push(fault);
  }
  const hit = (target: string, from: number, to: number): boolean =>
    byTarget.get(target)?.some((fault) => overlaps(fault, from, to)) ?? false;
  return {
    touched: (by, from, to) => hit(by, from, to) || hit("everyone", from, to),
    late: (by, at) => hit(by, at, at),
    between: (from, to) =>
      all
        .filter((fault) => overlaps(fault, from, to))
        .reduce((sum, { target }) => sum + (target === "everyone" ? consumers : 1), 0),
  };
}
