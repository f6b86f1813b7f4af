import type { Transaction } from "../store/contract.js";
import type { Duration } from "../util/duration.js";

/** What a publisher may say about an event beside its type and data. All of it is optional. */
export interface PublishOptions {
  /** Identity within `source`. Default: a UUIDv7, or inside a handler an id derived from the event handled. */
  readonly id?: string;
  /** URI-reference of where it comes from. Default: "/" and the service. */
  readonly source?: string;
  /** What the event is about, within its source. */
  readonly subject?: string;
  /** RFC 3339, or a Date. Default: now. */
  readonly time?: string | Date;
  /** Ordering key; travels as `partitionkey`. Default: the definition's `key`, else subject, else source. */
  readonly key?: string;
  /** Puts the event into the outbox of this transaction: it is published once that is committed, else never. */
  readonly tx?: Transaction;
  /** Not visible to anybody before this much time has passed. */
  readonly delay?: Duration;
  /** RFC 3339: past it the event is not handled any more. */
  readonly expirytime?: string;
  /** Media type of the data. Default: "application/json", or "application/octet-stream" for a Uint8Array. */
  readonly datacontenttype?: string;
  /** URI of the schema the data follows. */
  readonly dataschema?: string;
  /** Default: inherited from the event handled, else the event's own id. */
  readonly correlationid?: string;
  /** Default: the id of the event handled. */
  readonly causationid?: string;
  /** Default: inherited from the event handled. */
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Extension attributes that the definition declares. */
  readonly extensions?: Readonly<Record<string, string | number | boolean>>;
}

/** One entry of `publishAll`. */
export interface PublishEntry<Type extends string = string, Data = unknown> extends PublishOptions {
  readonly type: Type;
  readonly data: Data;
}
