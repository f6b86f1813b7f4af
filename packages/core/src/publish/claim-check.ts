import type { MeshEvent } from "../event/event.js";

/**
 * Where payloads go that are too large to travel (CloudEvents `dataref` extension): an object store, a shared disk.
 *
 * @example
 * const dataref: ClaimCheck = {
 *   store: async (event) => { await bucket.put(event.id, JSON.stringify(event.data)); return `s3://events/${event.id}`; },
 *   load: async (uri) => JSON.parse(await bucket.get(uri)),
 * };
 */
export interface ClaimCheck {
  /** Keeps the event's data and returns the URI-reference under which `load` finds it. */
  store(event: MeshEvent): Promise<string>;
  /** The data behind a `dataref`. What it rejects with is a failed attempt of the handler. */
  load(uri: string, event: MeshEvent): Promise<unknown>;
}

/** The event as it travels without its payload. */
export function withoutData(event: MeshEvent, dataref: string): MeshEvent {
  const { data: _kept, ...attributes } = event;
  return { ...attributes, dataref, data: undefined };
}
