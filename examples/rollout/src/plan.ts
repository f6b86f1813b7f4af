/** How a rollout goes: which shares, for how long each is watched, and who has to agree. */
import type { Duration } from "@meshwright/core";

/** One step: a share of the traffic, and for how long it is watched before the next. */
export interface PlanStep {
  /** Percent, 1 to 100. */
  readonly weight: number;
  readonly watch: Duration;
}

export interface Approval {
  /** Somebody has to agree before the share becomes as large as this. */
  readonly before: number;
  /** After this time without an answer the build is rolled back. */
  readonly timeout: Duration;
}

/** JSON: a rollout keeps the one that it began with. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  readonly approval?: Approval;
}

/**
 * Checked when the service starts, not when the first build comes.
 *
 * @throws RangeError
 */
export function checkPlan({ steps, approval }: Plan): void {
  const weights = steps.map(({ weight }) => weight);
  const isRising = weights.every((weight, at) => Number.isInteger(weight) && weight > (weights[at - 1] ?? 0));
  if (!isRising || weights.at(-1) !== 100)
    throw new RangeError(
      `The weights of a plan are whole percents that rise to 100, not ${weights.join(", ")}.`,
    );
  if (approval && !(approval.before > 0 && approval.before <= 100))
    throw new RangeError(`An approval comes before a weight from 1 to 100, not ${approval.before}.`);
}
