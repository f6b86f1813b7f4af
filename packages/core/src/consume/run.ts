import type { Clock } from "../clock/clock.js";
import { MeshError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import { deferred } from "../util/deferred.js";
import type { Attempt } from "./attempt.js";

/** A handler did not end within its `timeout`. The attempt counts as failed. */
export class HandlerTimeoutError extends MeshError {
  override readonly name = "HandlerTimeoutError";
  constructor(timeoutMs: number) {
    super(
      "HANDLER_TIMEOUT",
      `The handler did not end within ${timeoutMs} ms. Pass ctx.signal to what it calls so that it really stops, or raise \`timeout\`.`,
    );
  }
}

/** Runs the handlers that want an event one after another, as one unit. What is returned is to be awaited. */
export function runHandlers(event: MeshEvent, attempt: Attempt, clock: Clock): unknown {
  const [first] = attempt.handlers;
  const alone = attempt.handlers.length === 1 && first?.timeoutMs === undefined;
  return alone ? first?.run(event, attempt) : runInTurn(event, attempt, clock);
}

async function runInTurn(event: MeshEvent, attempt: Attempt, clock: Clock): Promise<void> {
  for (const handler of attempt.handlers) {
    const outcome = handler.run(event, attempt);
    await (handler.timeoutMs === undefined ? outcome : within(handler.timeoutMs, outcome, attempt, clock));
  }
}

async function within(timeoutMs: number, outcome: unknown, attempt: Attempt, clock: Clock): Promise<void> {
  const expiry = deferred<never>();
  const cancel = clock.after(timeoutMs, () => {
    const error = new HandlerTimeoutError(timeoutMs);
    attempt.abort(error);
    expiry.reject(error);
  });
  try {
    await Promise.race([outcome, expiry.promise]);
  } finally {
    cancel();
  }
}
