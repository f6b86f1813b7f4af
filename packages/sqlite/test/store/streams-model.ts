/** Streams as a list in memory, written anew: what a store is compared with. */
import type { ExpectedVersion, LogEvent, LogQuery, MeshEvent, StreamEvent } from "@meshwright/core";

export interface Append {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly MeshEvent[];
}

export interface ReadStream {
  readonly stream: string;
  readonly from?: number;
  readonly limit?: number;
  readonly backwards?: boolean;
}

export interface ReadLog extends LogQuery {
  readonly after?: number;
  readonly limit?: number;
}

/** What an append resolves with, or the code of its refusal. */
export type Answer = { readonly version: number; readonly repeated: boolean } | string;

export type Log = readonly LogEvent[];

const nameOf = ({ source, id }: MeshEvent): string => `${source} ${id}`;

/** The log after an append, and its answer. */
export function appended(log: Log, { stream, expected, events }: Append): { log: Log; answer: Answer } {
  const own = log.filter((one) => one.stream === stream);
  const names = own.map(({ event }) => nameOf(event));
  const wanted = events.map(nameOf);
  const refuse = (answer: Answer): { log: Log; answer: Answer } => ({ log, answer });
  if (new Set(wanted).size < wanted.length) return refuse("STREAM_EVENT_REPEATED");
  if (wanted.some((name) => names.includes(name))) {
    const first = names.indexOf(wanted[0] ?? "");
    const there = first >= 0 && wanted.every((name, at) => names[first + at] === name);
    return refuse(there ? { version: first + wanted.length, repeated: true } : "STREAM_EVENT_REPEATED");
  }
  if (expected !== "any" && expected !== own.length) return refuse("STREAM_CONFLICT");
  const more = events.map((event, at) => ({
    position: log.length + at + 1,
    stream,
    version: own.length + at + 1,
    event,
  }));
  return { log: [...log, ...more], answer: { version: own.length + events.length, repeated: false } };
}

export function streamOf(log: Log, { stream, from, limit, backwards = false }: ReadStream): StreamEvent[] {
  const own = log.filter((one) => one.stream === stream).map(({ position: _, ...one }) => one);
  if (backwards) own.reverse();
  const isIn = ({ version }: StreamEvent): boolean =>
    from === undefined || (backwards ? version <= from : version >= from);
  return own.filter(isIn).slice(0, limit);
}

export function logOf(log: Log, { after = 0, limit, category, types }: ReadLog): LogEvent[] {
  return log
    .filter(({ position }) => position > after)
    .filter(({ stream }) => category === undefined || stream.split("/")[0] === category)
    .filter(({ event }) => types === undefined || types.includes(event.type))
    .slice(0, limit);
}
