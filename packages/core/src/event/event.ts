/**
 * What an event is: a plain, readonly, JSON-shaped CloudEvents 1.0 object, never a class. This folder holds its
 * shape, the rules for its attributes, and how ids are made. It imports errors and util only.
 */

/** A CloudEvents 1.0 event as handlers see it and as `publish` returns it. */
export interface MeshEvent<Type extends string = string, Data = unknown> {
  readonly specversion: "1.0";
  /** Unique within `source`; `source` + `id` is the identity of the event. */
  readonly id: string;
  /** URI-reference of where it came from; "/service" for events published by a mesh. */
  readonly source: string;
  readonly type: Type;
  readonly subject?: string;
  /** RFC 3339, kept as the string it came as. Ours always carry it, foreign events may not. */
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  /** The payload: JSON, a string of another media type, or a Uint8Array for binary data; undefined when absent. */
  readonly data: Data;
  /** CloudEvents correlation extension: the id of the first event of the chain. */
  readonly correlationid?: string;
  /** CloudEvents correlation extension: the id of the event that caused this one. */
  readonly causationid?: string;
  /** W3C trace context of where the event was created. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** CloudEvents partitioning extension: the ordering key, where it is not the subject. */
  readonly partitionkey?: string;
  /** CloudEvents expiry extension, RFC 3339: past it the event is not handled any more. */
  readonly expirytime?: string;
  /** CloudEvents claim-check extension: where the payload is, when it was too large to travel. */
  readonly dataref?: string;
}
