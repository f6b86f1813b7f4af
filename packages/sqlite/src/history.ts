/** Replay: reads what a channel retains, page by page. No read transaction stays open between two pages. */
import type { HistoryEntry, HistoryRequest } from "@meshwright/core/adapter";
import { type ChannelLog, type Head, type LogRow, messageFrom, seqFrom } from "./log.js";

const pageSize = 256;

export interface Range {
  /** The place before the first one to read. */
  readonly after: number;
  readonly last: number;
}

/** The places that a request asks for, as of now. */
export function rangeOf(log: ChannelLog, { from, to }: HistoryRequest): Range {
  const end = log.bounds().last;
  return { after: startOf(log, from) - 1, last: to === undefined ? end : Math.min(end, endOf(log, to)) };
}

export async function* readHistory(log: ChannelLog, range: Range): AsyncGenerator<readonly HistoryEntry[]> {
  let { after } = range;
  while (after < range.last) {
    const rows = log.read(after, range.last, pageSize);
    const entries = rows.map(entryFrom).filter((entry) => entry !== undefined);
    if (entries.length > 0) yield entries;
    const end = rows.at(-1);
    if (!end) return;
    after = end.seq;
  }
}

function startOf(log: ChannelLog, from: HistoryRequest["from"]): number {
  if (from === "earliest") return 1;
  return "offset" in from ? seqFrom(from.offset) : log.seqAt(from.time);
}

function endOf(log: ChannelLog, to: NonNullable<HistoryRequest["to"]>): number {
  return ("offset" in to ? seqFrom(to.offset) : log.seqAt(to.time)) - 1;
}

/** Undefined for what history does not show: redriven messages, and rows that are no message any more. */
function entryFrom(row: LogRow): HistoryEntry | undefined {
  try {
    const head = JSON.parse(row.head) as Head;
    if (head[5] !== null) return undefined;
    return { message: messageFrom(head, row.body), offset: String(row.seq), storedAt: row.stored_at };
  } catch {
    return undefined;
  }
}
