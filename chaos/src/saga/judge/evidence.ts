/** What is known after a run of sagas, and what it is held against. */
import type { SagaHistory } from "@meshwright/core";
import type { Fault } from "../../history.js";
import type { Ledger } from "../../ledger.js";
import type { EndData } from "../events.js";
import type { SagaEntry } from "../ledger.js";

/** What a saga told of its end, as the broker has stored it. */
export interface Told extends EndData {
  readonly id: string;
}

export interface SagaEvidence {
  /** Of all sagas that were started. */
  readonly names: readonly string[];
  readonly instances: readonly SagaHistory[];
  readonly told: readonly Told[];
  readonly ledgers: readonly Ledger<SagaEntry>[];
  /** Those that explain that a step is done again. */
  readonly faults: readonly Fault[];
  /** For so long after its end a fault still explains that. */
  readonly leaseMs: number;
}

/**
 * Which promise was broken: a saga did not end as it must, or is none that was started; it did not do what it must, each thing as often
 * as it must; something else has its idempotency key, or it has two; it was done again though nothing befell who did it; a timer or
 * timeout did not fire once; it fired too early; its end was not told once, or told wrongly.
 */
export const sagaPromises = ["end", "steps", "key", "again", "timer", "early", "told"] as const;
export type SagaPromise = (typeof sagaPromises)[number];

export interface SagaViolation {
  readonly promise: SagaPromise;
  readonly saga: string;
  readonly what: string;
}
