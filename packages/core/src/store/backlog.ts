import type { OutboxBacklog } from "./contract.js";

/** How far rows are counted, so that asking costs little however many there are. */
export const mostCounted = 10_000;

/** From what a database counted, and how old its oldest row is; null without one. */
export function backlogOf(counted: {
  readonly rows: number;
  readonly oldestMs: number | null;
  readonly refused: number;
}): OutboxBacklog {
  const { rows, oldestMs, refused } = counted;
  // A clock that was set back makes nothing younger than new.
  return { rows, refused, oldestMs: oldestMs === null ? undefined : Math.max(0, oldestMs) };
}
