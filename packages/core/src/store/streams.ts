/**
 * Streams: events kept in the store for good, as what happened to one thing. A stream is named by the service, such as
 * "release/2026-11"; what stands before the first "/" is its category. Its events have versions: 1, 2, 3 and so on. All
 * streams of a store are one log as well, in which every event has a position.
 */
import type { Cancel } from "../clock/clock.js";
import type { MeshEvent } from "../event/event.js";

/** @typeParam Tx - a transaction of the store */
export interface Streams<Tx = unknown> {
  /**
   * Adds events to the end of a stream: all of them, or none (S14). Events that are there already are not added again (S15).
   *
   * @param stream - its name: 1 to 512 characters, none of them a control character
   * @param expected - the version that the stream has to be at: 0 for one that does not exist yet; "any" for no such condition
   * @throws StoreError `STREAM_CONFLICT` where the stream is at another version, `STREAM_EVENT_REPEATED`, `STREAM_NAME_INVALID`,
   *   `TX_FOREIGN`, and what a transaction throws; InvalidEventError
   * @example await store.streams.append("release/42", 3, [event], { tx })
   */
  append(
    stream: string,
    expected: ExpectedVersion,
    events: readonly MeshEvent[],
    options?: { readonly tx?: Tx },
  ): Promise<Appended>;
  /**
   * The events of a stream, in the order of their versions; none where there is no such stream.
   *
   * @throws StoreError `STREAM_EVENT_UNREADABLE`, as do `readAll` and `page`, after what is before it
   * @example for await (const { version, event } of store.streams.read("release/42")) console.log(version, event.type);
   */
  read(stream: string, options?: ReadStreamOptions<Tx>): AsyncIterable<StreamEvent>;
  /** The events of all streams, in the order of their positions, up to the last one that is committed (S17). */
  readAll(options?: ReadAllOptions): AsyncIterable<LogEvent>;
  /** A part of `readAll`, and how far it has looked: for those who come back for more. */
  page(options: PageOptions<Tx>): Promise<LogPage>;
  /** The position of the last event that is committed; 0 while there is none. */
  head(): Promise<number>;
  /** Calls back, soon, when events may have been appended, also by other processes where the store can tell. */
  watch(changed: () => void): Cancel;
}

/** A version, or "any". */
export type ExpectedVersion = number | "any";

export interface Appended {
  /** Of the last of the events. */
  readonly version: number;
  /** They were there already, and nothing was written. */
  readonly repeated: boolean;
}

export interface StreamEvent {
  readonly stream: string;
  readonly version: number;
  readonly event: MeshEvent;
}

export interface LogEvent extends StreamEvent {
  /** In the log: 1, 2, 3 and so on. */
  readonly position: number;
}

export interface ReadStreamOptions<Tx = unknown> {
  /** The first version to read. Default 1; backwards the last one. */
  readonly from?: number;
  /** At most so many. Default: all. */
  readonly limit?: number;
  /** From newer to older. */
  readonly backwards?: boolean;
  /** Reads as this transaction sees it. */
  readonly tx?: Tx;
}

/** Which events of the log. */
export interface LogQuery {
  /** Of streams of this category only. */
  readonly category?: string;
  /** Of these types only, each a whole name. */
  readonly types?: readonly string[];
}

export interface ReadAllOptions extends LogQuery {
  /** The position behind which to begin. Default 0. */
  readonly after?: number;
  /** At most so many. Default: all. */
  readonly limit?: number;
}

export interface PageOptions<Tx = unknown> extends LogQuery {
  readonly after: number;
  readonly limit: number;
  /** Reads in this transaction. */
  readonly tx?: Tx;
}

export interface LogPage {
  readonly events: readonly LogEvent[];
  /** All that is wanted up to this position is in `events`, or was before `after`. */
  readonly through: number;
}
