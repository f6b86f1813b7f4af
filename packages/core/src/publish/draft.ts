import type { Clock } from "../clock/clock.js";
import type { MeshEvent } from "../event/event.js";
import { deriveId, newId } from "../event/ids.js";
import type { PublishOptions } from "./options.js";

/** The event being handled while another is published, and how many have been published from it. */
export interface Cause {
  readonly group: string;
  readonly event: MeshEvent;
  ordinal: number;
}

type Draft = { -readonly [K in keyof MeshEvent]: MeshEvent[K] };

/** Makes events for one service: fills in what the publisher left out. */
export function eventFactory(service: string, clock: Clock) {
  const ownSource = `/${encodeURIComponent(service)}`;
  const timestamp = isoTimes();

  return function draft(
    type: string,
    data: unknown,
    options: PublishOptions,
    cause: Cause | undefined,
  ): MeshEvent {
    const now = clock.now();
    const id = options.id ?? (cause ? derivedId(cause) : newId(now));
    const event: Draft = {
      specversion: "1.0",
      id,
      source: options.source ?? ownSource,
      type,
      time: timeOf(options.time) ?? timestamp(now),
      datacontenttype: options.datacontenttype ?? mediaTypeOf(data),
      correlationid: options.correlationid ?? (cause === undefined ? id : correlationOf(cause.event)),
      data,
    };
    const causationid = options.causationid ?? cause?.event.id;
    if (causationid !== undefined) event.causationid = causationid;
    setOptional(event, options);
    setTrace(event, options, cause);
    return options.extensions === undefined ? event : { ...options.extensions, ...event };
  };
}

function mediaTypeOf(data: unknown): string {
  return data instanceof Uint8Array ? "application/octet-stream" : "application/json";
}

/** The first event of a chain need not carry a correlation id: it may come from elsewhere. */
function correlationOf(cause: MeshEvent): string {
  return cause.correlationid ?? cause.id;
}

function setOptional(event: Draft, { subject, key, dataschema, expirytime }: PublishOptions): void {
  if (subject !== undefined) event.subject = subject;
  if (key !== undefined) event.partitionkey = key;
  if (dataschema !== undefined) event.dataschema = dataschema;
  if (expirytime !== undefined) event.expirytime = expirytime;
}

function derivedId(cause: Cause): string {
  const ordinal = cause.ordinal++;
  return deriveId({ group: cause.group, source: cause.event.source, id: cause.event.id, ordinal });
}

function setTrace(event: Draft, options: PublishOptions, cause: Cause | undefined): void {
  const from = options.traceparent === undefined ? cause?.event : options;
  if (from?.traceparent === undefined) return;
  event.traceparent = from.traceparent;
  if (from.tracestate !== undefined) event.tracestate = from.tracestate;
}

function timeOf(time: string | Date | undefined): string | undefined {
  return time instanceof Date ? time.toISOString() : time;
}

/** Formatting a date costs as much as the rest of a draft, and most events share their millisecond. */
function isoTimes(): (now: number) => string {
  let last = Number.NaN;
  let text = "";
  return (now) => {
    if (now !== last) {
      last = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}
