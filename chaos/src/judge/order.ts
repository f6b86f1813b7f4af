import type { Attempt, Confirmed } from "../history.js";
import { type Evidence, groupedBy, isDone, told, type Violation } from "./evidence.js";

/** Key order: an event begins only when every earlier one of its key is done, and never beside another one of its key. */
export function findDisorder({ group, confirmed, attempts, faults }: Evidence): Violation[] {
  if (group.ordering === "none") return [];
  const violations: Violation[] = [];
  const published = new Map<string, Confirmed[]>();
  for (const event of confirmed) {
    published.set(event.key, published.get(event.key) ?? []);
    published.get(event.key)?.push(event);
  }
  for (const [key, own] of groupedBy(attempts, "key")) {
    const begun = own.filter(hasBegun).sort((one, other) => one.begunAt - other.begunAt);
    for (const attempt of early(begun, published.get(key) ?? []))
      violations.push({
        promise: "order",
        what: `begun before an earlier one of its key was done: ${told(attempt)}`,
      });
    for (const [first, second] of overlapping(begun)) {
      const explained =
        faults.touched(first.by, first.deliveredAt, second.begunAt) ||
        faults.touched(second.by, second.deliveredAt, second.begunAt);
      if (!explained)
        violations.push({
          promise: "order",
          what: `begun while ${told(first)} was being handled: ${told(second)}`,
        });
    }
  }
  return violations;
}

type Begun = Attempt & { readonly begunAt: number };

function hasBegun(attempt: Attempt): attempt is Begun {
  return attempt.begunAt !== undefined;
}

/** What began before all confirmed events with smaller numbers had been done once. No fault excuses that. */
function early(begun: readonly Begun[], published: readonly Confirmed[]): Begun[] {
  const doneAt = new Map<number, number>();
  for (const { number, endedAt = Infinity } of begun.filter(isDone))
    doneAt.set(number, Math.min(endedAt, doneAt.get(number) ?? Infinity));
  const numbers = published.map(({ number }) => number).sort((one, other) => one - other);
  const byNumber = [...begun].sort((one, other) => one.number - other.number);
  const found: Begun[] = [];
  let [next, freeAt] = [0, 0];
  for (const attempt of byNumber) {
    for (; (numbers[next] ?? Infinity) < attempt.number; next++)
      freeAt = Math.max(freeAt, doneAt.get(numbers[next] ?? 0) ?? Infinity);
    if (attempt.begunAt < freeAt) found.push(attempt);
  }
  return found;
}

/** Pairs that were being handled at the same time. */
function* overlapping(begun: readonly Begun[]): Generator<readonly [Begun, Begun]> {
  let running: Begun[] = [];
  for (const second of begun) {
    running = running.filter(({ endedAt = Infinity }) => endedAt > second.begunAt);
    for (const first of running) yield [first, second];
    running.push(second);
  }
}
