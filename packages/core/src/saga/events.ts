/** Events in a journal: as JSON has them. */
import { formatEvent, parseEvent } from "../codec/json.js";
import type { MeshEvent } from "../event/event.js";

export function storedEvent(event: MeshEvent): unknown {
  return JSON.parse(formatEvent(event));
}

export function readEvent(stored: unknown): MeshEvent {
  const isBinary = typeof stored === "object" && stored !== null && "data_base64" in stored;
  return isBinary ? parseEvent(JSON.stringify(stored)) : (stored as MeshEvent);
}
