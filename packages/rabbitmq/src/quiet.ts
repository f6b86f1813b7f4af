/**
 * What is on its way to a consumer that is cancelled goes back, and the server counts it. So before that nothing is acknowledged,
 * until the consumer has all that it may have, or nothing has come for a moment.
 */
import type { Clock } from "@meshwright/core/adapter";

/** So long without a delivery, and none is on its way. */
const quietMs = 5;

export interface Incoming {
  /** How many it has not acknowledged. */
  readonly open: number;
  /** How many have come. */
  readonly arrivals: number;
}

/** @param ms - so long has nothing come at the end */
export async function quiet(
  clock: Clock,
  limit: number,
  look: () => Incoming,
  ms: number = quietMs,
): Promise<void> {
  for (let seen = -1; ; ) {
    const { open, arrivals } = look();
    if (open >= limit || seen === arrivals) return;
    seen = arrivals;
    await new Promise<void>((resolve) => clock.after(ms, resolve));
  }
}
