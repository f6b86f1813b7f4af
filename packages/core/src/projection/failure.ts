import { failureOf } from "../consume/outcome.js";

/** Why a projection stands still. Names and numbers only: never what an event says. */
export interface ProjectionFailure {
  /** The error's `code` where it has one, else `HANDLER_FAILED`. */
  readonly code: string;
  /** When it began to fail, in milliseconds since the epoch. */
  readonly since: number;
  /** The event that it stands at, where it is one. */
  readonly event: FailingEvent | undefined;
}

export interface FailingEvent {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
}

/** The failure as it is now: at the same place it goes on, at another one it begins. */
export function failureAt(
  error: unknown,
  event: FailingEvent | undefined,
  before: ProjectionFailure | undefined,
  now: number,
): ProjectionFailure {
  const { code } = failureOf("failed", error);
  const same = before !== undefined && before.event?.position === event?.position;
  return { code, since: same ? before.since : now, event };
}
