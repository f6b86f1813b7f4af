/** What is the same for the streams of all stores: names, encoding, repetitions, paging. */
import type { Cancel } from "../clock/clock.js";
import { formatEvent, parseEvent } from "../codec/json.js";
import type { MeshEvent } from "../event/event.js";
import type { Transaction } from "./contract.js";
import type { LogAccess, StreamFound, StreamLog } from "./log.js";
import { storeRefusals, streamRefusals } from "./refusals.js";
import type {
  Appended,
  ExpectedVersion,
  LogEvent,
  LogPage,
  PageOptions,
  ReadAllOptions,
  ReadStreamOptions,
  StreamEvent,
  Streams,
} from "./streams.js";

/** How many events are read at a time. */
const pageSize = 500;
const longestName = 512;

/** The category of a stream: what stands before the first "/", or all of its name. */
export function categoryOf(stream: string): string {
  const end = stream.indexOf("/");
  return end === -1 ? stream : stream.slice(0, end);
}

/** Streams on a log. */
export function streamsOn(log: StreamLog): Streams<Transaction> {
  return new StreamsOnLog(log);
}

class StreamsOnLog implements Streams<Transaction> {
  readonly #log: StreamLog;

  constructor(log: StreamLog) {
    this.#log = log;
  }

  async append(
    stream: string,
    expected: ExpectedVersion,
    events: readonly MeshEvent[],
    { tx }: { readonly tx?: Transaction } = {},
  ): Promise<Appended> {
    requireName(stream);
    requireVersion(expected);
    requireDistinct(stream, events);
    const rows = events.map((event) => ({
      source: event.source,
      id: event.id,
      type: event.type,
      text: formatEvent(event),
    }));
    const answer = await this.#in(tx).append({
      stream,
      category: categoryOf(stream),
      expected,
      events: rows,
    });
    return "written" in answer
      ? { version: answer.written, repeated: false }
      : repetition(stream, expected, answer);
  }

  async *read(stream: string, options: ReadStreamOptions<Transaction> = {}): AsyncGenerator<StreamEvent> {
    requireName(stream);
    const { backwards = false, limit = Infinity, tx } = options;
    const log = this.#in(tx);
    let from = options.from ?? (backwards ? Number.MAX_SAFE_INTEGER : 1);
    for (let left = limit; left > 0 && from > 0; ) {
      const size = Math.min(left, pageSize);
      const rows = await log.read({ stream, from, limit: size, backwards });
      for (const { version, text } of rows) yield { stream, version, event: parseEvent(text) };
      const last = rows.at(-1);
      if (last === undefined || rows.length < size) return;
      from = last.version + (backwards ? -1 : 1);
      left -= rows.length;
    }
  }

  async *readAll({ after = 0, limit = Infinity, ...query }: ReadAllOptions = {}): AsyncGenerator<LogEvent> {
    let from = after;
    for (let left = limit; left > 0; ) {
      const { events, through } = await this.page({ ...query, after: from, limit: Math.min(left, pageSize) });
      yield* events;
      if (through <= from) return;
      from = through;
      left -= events.length;
    }
  }

  async page({ tx, ...options }: PageOptions<Transaction>): Promise<LogPage> {
    const { rows, through } = await this.#in(tx).page(options);
    // Attribute by attribute: the rest of a row by `...` takes half as long as the parsing.
    const events = rows.map(({ stream, version, position, text }) => {
      return { stream, version, position, event: parseEvent(text) };
    });
    return { events, through };
  }

  head(): Promise<number> {
    return this.#log.head();
  }

  watch(changed: () => void): Cancel {
    return this.#log.watch(changed);
  }

  #in(tx: Transaction | undefined): LogAccess {
    if (tx === undefined) return this.#log;
    if (tx.store.streams !== this) throw storeRefusals.foreign();
    return tx.log;
  }
}

/** Nothing was written: because all of it was there before, or because it does not fit. */
function repetition(stream: string, expected: ExpectedVersion, { version, versions }: StreamFound): Appended {
  const [first] = versions;
  if (versions.every((one) => one === undefined)) throw streamRefusals.conflict(stream, expected, version);
  if (first === undefined || versions.some((one, at) => one !== first + at))
    throw streamRefusals.repeated(stream);
  return { version: first + versions.length - 1, repeated: true };
}

function requireName(stream: string): void {
  const right =
    typeof stream === "string" &&
    stream !== "" &&
    stream.length <= longestName &&
    !/[\p{Cc}\p{Surrogate}]/u.test(stream);
  if (!right) throw streamRefusals.nameInvalid();
}

function requireVersion(expected: ExpectedVersion): void {
  if (expected !== "any" && !(Number.isSafeInteger(expected) && expected >= 0))
    throw streamRefusals.versionInvalid();
}

function requireDistinct(stream: string, events: readonly MeshEvent[]): void {
  const seen = new Set(events.map(({ source, id }) => JSON.stringify([source, id])));
  if (seen.size < events.length) throw streamRefusals.repeated(stream);
}
