/** The judge: reads the ledgers alone and says what was broken. It knows nothing of the broker. */
import type { Entry, Named } from "./ledger.js";

export interface Verdict {
  readonly confirmed: number;
  readonly handled: number;
  readonly redelivered: number;
  readonly violations: readonly string[];
}

/** Judges one group. */
export function judge(
  published: readonly Entry[],
  entries: readonly Entry[],
  group: { readonly name: string; readonly ordering: "key" | "none" },
): Verdict {
  const violations: string[] = [];
  const broken = (what: string, message: Named): void => {
    violations.push(`${group.name}: ${what}: ${message.id}`);
  };
  const confirmed = published.filter((entry) => entry.kind === "confirmed");
  const handled = entries.filter((entry) => entry.kind === "handled");
  const done = new Set(handled.filter((entry) => entry.outcome === "ack").map(({ message }) => message.id));
  for (const { message } of confirmed)
    if (!done.has(message.id)) broken("confirmed and never handled", message);
  checkSettled(entries, broken);
  checkAttempts(entries, broken);
  if (group.ordering === "key") checkOrder(entries, broken);
  return {
    confirmed: confirmed.length,
    handled: done.size,
    redelivered: handled.length - done.size,
    violations,
  };
}

type Broken = (what: string, message: Named) => void;

/** What was acknowledged never comes again. */
function checkSettled(entries: readonly Entry[], broken: Broken): void {
  const acked = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === "acked") acked.add(entry.message.id);
    if (entry.kind === "handled" && acked.has(entry.message.id)) broken("again after its ack", entry.message);
  }
}

/** Attempts rise from delivery to delivery; only a release is not counted. */
function checkAttempts(entries: readonly Entry[], broken: Broken): void {
  const last = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind !== "handled") continue;
    if (entry.attempt <= (last.get(entry.message.id) ?? 0)) broken("attempt not counted", entry.message);
    last.set(entry.message.id, entry.outcome === "release" ? entry.attempt - 1 : entry.attempt);
  }
}

/** First successful handlings of a key are in the order of publishing. */
function checkOrder(entries: readonly Entry[], broken: Broken): void {
  const newest = new Map<string, number>();
  const seen = new Set<string>();
  for (const entry of entries) {
    if (entry.kind !== "handled" || entry.outcome !== "ack" || seen.has(entry.message.id)) continue;
    seen.add(entry.message.id);
    const { key, number } = entry.message;
    if (number < (newest.get(key) ?? 0)) broken("handled after a later one of its key", entry.message);
    newest.set(key, Math.max(number, newest.get(key) ?? 0));
  }
}
