import type { MeshEvent } from "../event/event.js";
import type { Filter } from "./filter.js";

/** Many filters, each with a target, asked at once. */
export interface Router<Target, E extends MeshEvent = MeshEvent> {
  /** How many filters it holds. */
  readonly size: number;
  /**
   * Adds a filter for a target. A target may have several; one that matches is enough.
   * @throws FilterError when the filter cannot be right; nothing is added
   */
  add(filter: Filter<E>, target: Target): void;
  /** Removes a target with all its filters. Returns whether it had any. */
  remove(target: Target): boolean;
  /** The targets that want the event, each once, in the order in which they were first added. Never throws. */
  match(event: E): Target[];
}
