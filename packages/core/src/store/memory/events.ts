/** The streams of a memory database, and what a transaction is about to add to them. */
import type {
  LogRow,
  LogRows,
  NewStreamRow,
  StreamAppend,
  StreamFound,
  StreamRead,
  StreamRow,
  StreamWritten,
} from "../log.js";
import type { PageOptions } from "../streams.js";
import { categoryOf } from "../streams-on-log.js";

interface KeptEvent extends NewStreamRow, LogRow {}

export class MemoryEvents {
  readonly #log: KeptEvent[] = [];
  readonly #streams: Map<string, KeptEvent[]> = new Map();
  /** By stream, source and id. */
  readonly #versions: Map<string, number> = new Map();
  /** How many are of transactions that have ended. */
  committed = 0;

  append({ stream, expected, events }: StreamAppend): StreamWritten | StreamFound {
    const before = this.#streams.get(stream) ?? [];
    const version = before.length;
    const versions = events.map((event) => this.#versions.get(nameOf(stream, event)));
    const isNew = versions.every((one) => one === undefined);
    if (!isNew || (expected !== "any" && expected !== version)) return { version, versions };
    for (const event of events) this.#add(stream, event);
    return { written: version + events.length };
  }

  /** @param end - the last position that the reader sees */
  read({ stream, from, limit, backwards }: StreamRead, end: number): StreamRow[] {
    const events = (this.#streams.get(stream) ?? []).filter(({ position }) => position <= end);
    if (!backwards) return events.slice(from - 1, from - 1 + limit);
    const last = Math.min(from, events.length);
    return events.slice(Math.max(0, last - limit), last).reverse();
  }

  /** @param end - the last position that the reader sees */
  page({ after, limit, category, types }: PageOptions, end: number): LogRows {
    const rows: LogRow[] = [];
    const last = Math.min(end, this.#log.length);
    for (let at = after; at < last; at++) {
      const row = this.#log[at] as KeptEvent;
      if (category !== undefined && categoryOf(row.stream) !== category) continue;
      if (types !== undefined && !types.includes(row.type)) continue;
      rows.push(row);
      if (rows.length >= limit) return { rows, through: row.position };
    }
    return { rows, through: Math.max(after, last) };
  }

  /** Whether there was anything to commit. */
  commit(): boolean {
    const before = this.committed;
    this.committed = this.#log.length;
    return this.committed > before;
  }

  rollback(): void {
    for (const event of this.#log.splice(this.committed)) {
      this.#versions.delete(nameOf(event.stream, event));
      this.#streams.get(event.stream)?.pop();
    }
  }

  #add(stream: string, row: NewStreamRow): void {
    const events = this.#streams.get(stream) ?? [];
    const version = events.length + 1;
    const event = { ...row, stream, version, position: this.#log.length + 1 };
    this.#streams.set(stream, events);
    events.push(event);
    this.#log.push(event);
    this.#versions.set(nameOf(stream, event), version);
  }
}

function nameOf(stream: string, { source, id }: NewStreamRow): string {
  return JSON.stringify([stream, source, id]);
}
