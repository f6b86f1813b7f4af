import { MeshError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Catalog } from "../schema/catalog.js";
import type { StreamEvent } from "./streams.js";

/**
 * An event of a stream as those who use it get it: checked, and lifted to its newest version.
 *
 * @throws MeshError `STREAM_EVENT_UNFIT`: passing it over would leave out for good what it says
 */
export function fitting(catalog: Catalog, { stream, version, event }: StreamEvent): MeshEvent {
  const lifted = catalog.lift(event);
  if (lifted.ok) return lifted.event;
  const [issue] = lifted.issues;
  throw new MeshError(
    "STREAM_EVENT_UNFIT",
    `The event of type ${event.type} at version ${version} of stream "${stream}" does not fit the catalog: ${issue?.path} ${issue?.reason}. Define its type, or add an upcast.`,
  );
}
