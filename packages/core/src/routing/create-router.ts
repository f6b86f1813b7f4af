/** The router that applications get. */
import type { MeshEvent } from "../event/event.js";
import type { FilterOptions } from "./filter.js";
import { createLinearRouter } from "./linear.js";
import type { Router } from "./router.js";

/**
 * A router: many filters, asked in one call.
 *
 * @param options - `onError` is told what a predicate threw; it counted as false
 * @example
 * const router = createRouter<string>();
 * router.add({ exact: { type: "a.b" } }, "rule-1");
 * router.match(event); // ["rule-1"]
 */
export function createRouter<Target, E extends MeshEvent = MeshEvent>(
  options: FilterOptions = {},
): Router<Target, E> {
  return createLinearRouter(options);
}
