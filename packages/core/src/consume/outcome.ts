import type { Delivery, Failure, FailureReason, Settlement } from "../broker/contract.js";
import { codeOf, RetryableError, TerminalError } from "../errors/errors.js";
import { durationMs } from "../util/duration.js";
import { delayAfter, maxAttempts, type RetryPolicy } from "./retry.js";

export type Retry = Extract<Settlement, { readonly outcome: "retry" }>;
export type GivenUp = Extract<Settlement, { readonly outcome: "deadLetter" }>;

/** What to tell the broker after a handler failed. Pure, so that the policy can be read and tested in one place. */
export function settlementOf(delivery: Delivery, error: unknown, policy: RetryPolicy): Retry | GivenUp {
  if (error instanceof TerminalError)
    return { delivery, outcome: "deadLetter", failure: failureOf("terminal", error) };
  if (delivery.attempt >= maxAttempts(policy)) {
    return { delivery, outcome: "deadLetter", failure: failureOf("exhausted", error) };
  }
  const delayMs = waitAfter(error, delivery.attempt, policy);
  return { delivery, outcome: "retry", delayMs, failure: failureOf("failed", error) };
}

/** A delivery beyond the last attempt was never handled to its end: the process kept dying over it. */
export function exhausted(delivery: Delivery): Failure {
  const last = delivery.lastFailure;
  return {
    reason: "exhausted",
    code: last?.code ?? "HANDLER_CRASHED",
    message: last?.message ?? "The process ended each time while this event was being handled.",
  };
}

export function failureOf(reason: FailureReason, error: unknown): Failure {
  return { reason, code: codeOf(error) ?? "HANDLER_FAILED", message: messageOf(error) };
}

function waitAfter(error: unknown, attempt: number, policy: RetryPolicy): number {
  if (!(error instanceof RetryableError)) return delayAfter(policy, attempt);
  try {
    return durationMs(error.after, "RetryableError.after");
  } catch {
    return delayAfter(policy, attempt);
  }
}

const longestMessage = 1_000;

function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `Thrown: ${typeof error}`;
  return text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text;
}
