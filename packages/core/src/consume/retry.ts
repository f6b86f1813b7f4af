import { ConfigurationError } from "../errors/errors.js";
import { type Duration, durationMs } from "../util/duration.js";

/** How often, and after what time, a failed event is tried again. Make one with `retry`. */
export interface RetryPolicy {
  /** Retries without a wait, right after the first attempt. */
  readonly immediate: number;
  /** Milliseconds to wait before each of the retries after those. */
  readonly delaysMs: readonly number[];
}

/**
 * A retry policy: some attempts at once, then one after each delay, then the dead letters. Attempts that ended in
 * a crash count too.
 *
 * @param options.immediate - retries without a wait; default 0
 * @param options.delayed - the waits before the retries after those; default none
 * @throws ConfigurationError `RETRY_INVALID`, `DURATION_INVALID`
 * @example retry({ immediate: 2, delayed: ["1s", "10s", "1m", "10m"] }) // 7 attempts in all
 */
export function retry(options: {
  readonly immediate?: number;
  readonly delayed?: readonly Duration[];
}): RetryPolicy {
  const immediate = options.immediate ?? 0;
  if (!Number.isInteger(immediate) || immediate < 0) {
    throw new ConfigurationError(
      "RETRY_INVALID",
      `retry: immediate must be a whole number from 0, not ${immediate}.`,
    );
  }
  const delaysMs = (options.delayed ?? []).map((delay, i) => durationMs(delay, `retry.delayed[${i}]`));
  return { immediate, delaysMs };
}

/** Attempts in all, the first included. */
export function maxAttempts(policy: RetryPolicy): number {
  return 1 + policy.immediate + policy.delaysMs.length;
}

/** Milliseconds to wait after attempt `attempt` (1 = the first) has failed. */
export function delayAfter(policy: RetryPolicy, attempt: number): number {
  return attempt <= policy.immediate ? 0 : (policy.delaysMs[attempt - 1 - policy.immediate] ?? 0);
}

/** Two tries at once for glitches, then four over about eleven minutes for outages of what a handler calls. */
export const defaultRetry: RetryPolicy = retry({ immediate: 2, delayed: ["1s", "10s", "1m", "10m"] });

/** The default where the broker cannot delay: the same number of attempts, all at once. */
export const defaultRetryWithoutDelay: RetryPolicy = retry({ immediate: 6 });
