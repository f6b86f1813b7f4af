/**
 * To and from the objects of the `cloudevents` SDK, an optional peer: the only file that knows it. `toCloudEvent` loads
 * it when it is first called; nothing else does. This folder imports errors, event and codec only.
 */
import { fromBase64 } from "../codec/base64.js";
import { ConfigurationError } from "../errors/errors.js";
import { checkEvent } from "../event/check.js";
import type { MeshEvent } from "../event/event.js";

/**
 * The SDK's `CloudEventV1`, written out: naming the SDK's own type would make its package needed to compile against
 * this one. The SDK's functions take it.
 */
export interface SdkCloudEvent<Data> {
  id: string;
  specversion: string;
  source: string;
  type: string;
  datacontenttype?: string;
  dataschema?: string;
  subject?: string;
  time?: string;
  data?: Data;
  data_base64?: string;
  [name: string]: unknown;
}

/**
 * An event as a `CloudEvent` of the SDK. Its own validation is left out, as the event has passed ours: the SDK refuses
 * some valid events. An event without `time` gets the current one from the SDK.
 *
 * @throws InvalidEventError where the event is not valid
 * @throws ConfigurationError `PEER_MISSING` where the package `cloudevents` is not installed
 * @example const message = HTTP.structured(await toCloudEvent(event));
 */
export async function toCloudEvent<Data>(event: MeshEvent<string, Data>): Promise<SdkCloudEvent<Data>> {
  checkEvent(event);
  const sdk = await loadSdk();
  // The SDK's types know no `exactOptionalPropertyTypes`.
  return new sdk.CloudEvent<Data>({ ...event } as Partial<SdkCloudEvent<Data>>, false);
}

/**
 * A `CloudEvent` of the SDK as a plain event. What the SDK leaves undefined or null is left out; binary data becomes a
 * `Uint8Array`, whatever typed array the SDK made of it. What the SDK has lost already, such as microseconds, stays lost.
 *
 * @throws InvalidEventError where it is no valid event; the SDK holds many that are not
 * @example const event = fromCloudEvent(HTTP.toEvent(message));
 */
export function fromCloudEvent(cloudEvent: SdkCloudEvent<unknown>): MeshEvent {
  const { data, data_base64, ...attributes } = cloudEvent;
  const present = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null);
  const event: Record<string, unknown> = Object.fromEntries(present);
  if (data_base64 !== undefined) event["data"] = fromBase64(data_base64);
  else if (data !== undefined) event["data"] = data;
  checkEvent(event);
  return event;
}

async function loadSdk(): Promise<typeof import("cloudevents")> {
  return import("cloudevents").catch((cause: unknown) => {
    const message = "toCloudEvent needs the optional package cloudevents. Install it: npm i cloudevents";
    throw new ConfigurationError("PEER_MISSING", message, { cause });
  });
}
