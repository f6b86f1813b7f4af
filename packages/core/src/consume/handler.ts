import type { MeshEvent } from "../event/event.js";
import type { Filter } from "../routing/filter.js";
import type { DeliveryContext } from "./delivery-context.js";

/** A handler as it was registered, ready to run. */
export interface Handler {
  /** Whether this handler is for events of that type. */
  matchesType(type: string): boolean;
  /** Its `where`, which was found to be right; undefined when it wants all events of its types. */
  readonly where: Filter | undefined;
  readonly run: (event: MeshEvent, ctx: DeliveryContext) => unknown;
  /** Milliseconds, or undefined for no limit. */
  readonly timeoutMs: number | undefined;
}
