import { MeshError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Attempt } from "./attempt.js";
import type { DeliveryContext } from "./delivery-context.js";

/**
 * Wraps the handling of each event: do something, `await next()`, do something after. Throwing fails the attempt.
 * Not calling `next` means the event is handled without its handlers.
 */
export type Middleware = (event: MeshEvent, ctx: DeliveryContext, next: () => Promise<void>) => Promise<void>;

/** Handles one event in one attempt. What it returns is to be awaited. */
export type Run = (event: MeshEvent, attempt: Attempt) => unknown;

/**
 * One function of a chain of middleware and what they wrap.
 *
 * @throws MeshError `NEXT_CALLED_TWICE` from the `next` that was called again
 */
export function compose(middleware: readonly Middleware[], innermost: Run): Run {
  return middleware.reduceRight<Run>((inner, outer) => wrap(outer, inner), innermost);
}

function wrap(outer: Middleware, inner: Run): Run {
  return (event, attempt) => {
    let called = false;
    return outer(event, attempt, async () => {
      if (called) {
        throw new MeshError(
          "NEXT_CALLED_TWICE",
          "A middleware called next twice for one event. Call it once.",
        );
      }
      called = true;
      await inner(event, attempt);
    });
  };
}
