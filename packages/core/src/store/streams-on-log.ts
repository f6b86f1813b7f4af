/** What is the same for the streams of all stores: names, encoding, repetitions, paging. */
import type { Cancel } from "../clock/clock.js";
import { formatEvent, parseEvent } from "../codec/json.js";
import type { MeshEvent } from "../event/event.js";
import type { Transaction } from "./contract.js";
import type { LogAccess, LogRow, StreamFound, StreamLog, StreamRow } from "./log.js";
import { byPages } from "./pages.js";
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

  read(stream: string, options: ReadStreamOptions<Transaction> = {}): AsyncIterable<StreamEvent> {
    const { backwards = false, limit = Infinity, tx } = options;
    let from = options.from ?? (backwards ? Number.MAX_SAFE_INTEGER : 1);
    let left = limit;
    const load = async (): Promise<readonly StreamRow[] | undefined> => {
      requireName(stream);
      // One more than is given says whether there are more, without asking again.
      const size = Math.min(left, pageSize + 1);
      if (size <= 0 || from <= 0) return undefined;
      const found = await this.#in(tx).read({ stream, from, limit: size, backwards });
      const rows = found.length > pageSize ? found.slice(0, pageSize) : found;
      left = found.length > pageSize ? left - pageSize : 0;
      const last = rows.at(-1);
      if (last !== undefined) from = last.version + (backwards ? -1 : 1);
      return rows;
    };
    return byPages(load, ({ version, text }) => ({ stream, version, event: eventOf(stream, version, text) }));
  }

  readAll({ after = 0, limit = Infinity, ...query }: ReadAllOptions = {}): AsyncIterable<LogEvent> {
    let from = after;
    let left = limit;
    const load = async (): Promise<readonly LogRow[] | undefined> => {
      if (left <= 0) return undefined;
      const page = { ...query, after: from, limit: Math.min(left, pageSize) };
      const { rows, through } = await this.#log.page(page);
      left = through <= from ? 0 : left - rows.length;
      from = through;
      return rows;
    };
    return byPages(load, logEventOf);
  }

  async page({ tx, ...options }: PageOptions<Transaction>): Promise<LogPage> {
    const { rows, through } = await this.#in(tx).page(options);
    const events: LogEvent[] = [];
    for (const row of rows) {
      try {
        events.push(logEventOf(row));
      } catch (error) {
        // What is before it can be read, and then it is the first.
        const last = events.at(-1);
        if (last === undefined) throw error;
        return { events, through: last.position };
      }
    }
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

/** Attribute by attribute: the rest of a row by `...` takes half as long as the parsing. */
function logEventOf({ position, stream, version, text }: LogRow): LogEvent {
  return { position, stream, version, event: eventOf(stream, version, text) };
}

function eventOf(stream: string, version: number, text: string): MeshEvent {
  try {
    return parseEvent(text);
  } catch (error) {
    throw streamRefusals.unreadable(stream, version, error);
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
