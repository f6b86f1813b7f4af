/** Made-up runs for the judge: what the processes would have written, line by line. */
import { type Fault, historyOf } from "../src/history.js";
import { faultsOf } from "../src/judge/faults.js";
import { judge, type Verdict } from "../src/judge/judge.js";
import type { Delivered, Entry, Outcome, Settled } from "../src/ledger.js";

export const leaseMs = 100;

const group = "made-up";

export const confirmed = (at: number, ...ids: readonly string[]): Entry => ({
  kind: "confirmed",
  at: at + 1,
  askedAt: at,
  ids,
});
export const delivered = (at: number, ...all: readonly Delivered[]): Entry => ({
  kind: "delivered",
  at,
  group,
  all,
});
export const begun = (at: number, one: Delivered): Entry => ({ kind: "begun", at, group, one });
export const ended = (at: number, one: Delivered, outcome: Outcome = "ok"): Entry => ({
  kind: "ended",
  at,
  group,
  one,
  outcome,
});
export const settled = (at: number, one: Delivered, outcome: Settled = "ack"): Entry => ({
  kind: "settled",
  at: at + 1,
  askedAt: at,
  group,
  outcome,
  all: [one],
});
export const left = (at: number): Entry => ({ kind: "left", at: at + 1, askedAt: at });

/** Delivered, handled in 2 ms, settled: the whole way without trouble. */
export function handled(at: number, one: Delivered): readonly Entry[] {
  return [delivered(at, one), begun(at + 1, one), ended(at + 3, one), settled(at + 4, one)];
}

/** The same, failed and given back. */
export function failed(at: number, one: Delivered): readonly Entry[] {
  return [
    delivered(at, one),
    begun(at + 1, one),
    ended(at + 3, one, "failed"),
    settled(at + 4, one, "retry"),
  ];
}

export interface MadeUp {
  readonly ordering?: "key" | "none";
  /** By process. */
  readonly ledgers: Readonly<Record<string, readonly Entry[]>>;
  readonly faults?: readonly Fault[];
  readonly shelf?: readonly string[];
  /** What is on its way to somebody who leaves may be counted. */
  readonly countsPassing?: boolean;
  /** A member moves delayed retries on. */
  readonly movesRetries?: boolean;
}

export function judged(run: MadeUp): Verdict {
  const {
    ordering = "key",
    ledgers,
    faults = [],
    shelf = [],
    countsPassing = false,
    movesRetries = false,
  } = run;
  const history = historyOf(Object.entries(ledgers).map(([by, entries]) => ({ by, entries })));
  return judge({
    group: { name: group, ordering },
    confirmed: history.confirmed,
    attempts: history.attempts.get(group) ?? [],
    faults: faultsOf(faults, leaseMs),
    ...(countsPassing && { leaves: faultsOf(history.leaves, leaseMs) }),
    movesRetries,
    shelf,
  });
}

/** Which promises were broken, each as often as it was. */
export function brokenIn(run: MadeUp): string[] {
  return judged(run).violations.map(({ promise }) => promise);
}

export function fault(target: string, from: number, to: number = from): Fault {
  return { kind: "made up", target, from, to };
}
