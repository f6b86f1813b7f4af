import type { MeshEvent } from "../event/event.js";
import type { DeliveryContext } from "./context.js";

/** A handler as it was registered, ready to run. */
export interface Handler {
  /** Whether this handler is for events of that type. */
  matchesType(type: string): boolean;
  /** Whether it wants this very event: its `where`. Undefined when it wants all of its types. */
  readonly wants: ((event: MeshEvent) => boolean) | undefined;
  readonly run: (event: MeshEvent, ctx: DeliveryContext) => unknown;
  /** Milliseconds, or undefined for no limit. */
  readonly timeoutMs: number | undefined;
}
