/** What consumes does so again and again, until it is closed: what was deleted is made again, and what goes wrong is told. */
import type { Clock, Logger, MeshError } from "@meshwright/core/adapter";
import { brokerError, isMissing } from "./errors.js";

export interface RunParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Waits before the next try. */
  pause(ms: number): Promise<void>;
  /** Makes again what somebody deleted. */
  restore(): Promise<void>;
}

export interface Run {
  /** For the log: the channel, the group. */
  readonly where: Readonly<Record<string, string>>;
  closed(): boolean;
  /** Consumes until that ends. Throws the reason, if it was not to end. */
  once(): Promise<void>;
  /** Forgets what it had. */
  lost(): Promise<void>;
}

const firstPauseMs = 100;
/** What does not pass by itself, like a right that is missing, is not asked for ten times a second. */
const longestPauseMs = 10_000;

export async function runAgain(parts: RunParts, run: Run): Promise<void> {
  const { clock, pause } = parts;
  let pauseMs = firstPauseMs;
  while (!run.closed()) {
    const began = clock.now();
    try {
      await run.once();
    } catch (error) {
      if (!run.closed()) {
        const passes = await dealWith(parts, run, brokerError(error, "consuming"));
        const lasted = clock.now() - began;
        pauseMs = passes || lasted > longestPauseMs ? firstPauseMs : Math.min(2 * pauseMs, longestPauseMs);
      }
    }
    await run.lost();
    if (!run.closed()) await pause(pauseMs);
  }
}

/** Returns whether it passes without help. */
async function dealWith(
  { logger, restore }: RunParts,
  { where }: Pick<Run, "where">,
  err: MeshError,
): Promise<boolean> {
  const missing = isMissing(err);
  // A lost connection is reported by the session.
  if (!missing && err.code !== "RABBITMQ_DISCONNECTED") {
    logger.warn({ err, ...where }, "RabbitMQ has ended a consumer, which tries again");
    return false;
  }
  logger.debug({ err, ...where }, "consuming is taken up again");
  if (missing) {
    await restore().catch((error: unknown) => {
      logger.warn({ err: error, ...where }, "what was deleted could not be made again yet");
    });
  }
  return true;
}
