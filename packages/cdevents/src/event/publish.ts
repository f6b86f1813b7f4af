import type { CdEvent } from "./cdevent.js";

/** The arguments of `mesh.publish` for one CDEvent. */
export interface Publication<Event extends CdEvent = CdEvent> {
  readonly type: Event["context"]["type"];
  readonly data: Event;
  readonly options: {
    readonly id: string;
    readonly source: string;
    readonly subject: string;
    readonly time: string;
    readonly datacontenttype: "application/cdevents+json";
  };
}

/**
 * Binds a CDEvent to the CloudEvent that carries it: id, source, type and time from its context, the subject's id as
 * subject, and the whole CDEvent as data (cloudevents-binding.md).
 *
 * @example
 * const { type, data, options } = toPublish(event);
 * await mesh.publish(type, data, options);
 */
export function toPublish<Event extends CdEvent>(event: Event): Publication<Event> {
  const { context, subject } = event;
  return {
    type: context.type,
    data: event,
    options: {
      id: context.id,
      source: context.source,
      subject: subject.id,
      time: context.timestamp,
      datacontenttype: "application/cdevents+json",
    },
  };
}

/** An entry of `mesh.publishAll` for one CDEvent; of a union of CDEvents the union of their entries. */
export type PublicationEntry<Event extends CdEvent> = Event extends CdEvent
  ? { readonly type: Event["context"]["type"]; readonly data: Event } & Publication["options"] & EntryOptions
  : never;

/** What may be said beside the CDEvent. */
export interface EntryOptions {
  readonly correlationid?: string;
}

/**
 * As `toPublish`, for a batch.
 *
 * @example await mesh.publishAll(events.map((event) => toEntry(event)));
 */
export function toEntry<Event extends CdEvent>(
  event: Event,
  options: EntryOptions = {},
): PublicationEntry<Event> {
  const { type, data, options: attributes } = toPublish(event);
  // The compiler cannot see that the parts of one event belong together whichever event it is.
  return { type, data, ...attributes, ...options } as PublicationEntry<Event>;
}
