/** What a store has to have for streams. `streams-on-log.ts` makes them of it. */
import type { Cancel } from "../clock/clock.js";
import type { ExpectedVersion, PageOptions } from "./streams.js";

/** The streams of a store, as texts: what a transaction sees of them, and does to them. */
export interface LogAccess {
  /**
   * Writes events at the end of a stream if it is at the version expected and has none of them; else writes nothing and says what
   * is there.
   */
  append(append: StreamAppend): Promise<StreamWritten | StreamFound>;
  /** A stretch of a stream: versions from `from` on, or back from it. */
  read(read: StreamRead): Promise<readonly StreamRow[]>;
  /** A stretch of the log; see `Streams.page`. */
  page(page: Omit<PageOptions, "tx">): Promise<LogRows>;
}

/** The same outside of transactions, where an append is one of its own. */
export interface StreamLog extends LogAccess {
  head(): Promise<number>;
  watch(changed: () => void): Cancel;
}

export interface StreamAppend {
  readonly stream: string;
  readonly category: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly NewStreamRow[];
}

export interface NewStreamRow {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  /** The event in the JSON format. Well-formed, and without U+0000. */
  readonly text: string;
}

/** The version of the last one. */
export interface StreamWritten {
  readonly written: number;
}

export interface StreamFound {
  /** The version that the stream is at. */
  readonly version: number;
  /** For each event, in order: the version it has in the stream, if it is there. */
  readonly versions: readonly (number | undefined)[];
}

export interface StreamRead {
  readonly stream: string;
  readonly from: number;
  readonly limit: number;
  readonly backwards: boolean;
}

export interface StreamRow {
  readonly stream: string;
  readonly version: number;
  readonly text: string;
}

export interface LogRow extends StreamRow {
  readonly position: number;
}

export interface LogRows {
  readonly rows: readonly LogRow[];
  readonly through: number;
}
