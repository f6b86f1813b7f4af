/** Reads a channel's log, which is a stream: from a time or an offset it starts somewhat earlier and passes over. */

import type { HistoryEntry, HistoryRequest, StartPosition } from "@meshwright/core/adapter";
import { readEntry } from "./bundle.js";
import { isMissing } from "./errors.js";
import { channelName } from "./names.js";
import { checkedOffset, storedAt } from "./offsets.js";
import type { SessionParts } from "./parts.js";
import { readStream, type StreamSource } from "./stream.js";
import { logName } from "./topology.js";
import type { Stored } from "./wire.js";

const pageSize = 500;
/** How far the clocks of publishers and server may be apart: offsets have the time of publishers, streams that of the server. */
const skewMs = 60_000;

export async function* readHistory(
  parts: SessionParts,
  request: HistoryRequest,
): AsyncGenerator<readonly HistoryEntry[]> {
  try {
    yield* readLog(parts, request);
  } catch (error) {
    // A channel that nobody has used has no log.
    if (!isMissing(error)) throw error;
  }
}

async function* readLog(
  { namespace, link, publisher }: SessionParts,
  { channel, from, to }: HistoryRequest,
): AsyncGenerator<readonly HistoryEntry[]> {
  const source = { queue: logName(channelName(namespace, channel)), from: sourceOf(from) };
  const wanted = startFilter(from);
  const ended = endFilter(to);
  for await (const batch of readStream(link, publisher, source)) {
    const events = batch.flatMap(readEntry).map(placed).filter(wanted);
    const over = events.findIndex((entry) => ended(entry) === "over");
    const entries = (over < 0 ? events : events.slice(0, over)).filter((entry) => ended(entry) === "no");
    for (let at = 0; at < entries.length; at += pageSize) yield entries.slice(at, at + pageSize);
    if (over >= 0) return;
  }
}

export function sourceOf(from: StartPosition): StreamSource["from"] {
  if (typeof from === "string") return "first";
  const ms = "time" in from ? from.time : storedAt(checkedOffset(from.offset));
  return { seconds: Math.max(0, Math.floor((ms - skewMs) / 1_000)) };
}

/** Whether a message is at the place to start from, or behind it. Asked in the order of the log. */
export function startFilter(from: StartPosition): (stored: Stored) => boolean {
  if (typeof from === "string") return () => true;
  if ("time" in from) return ({ offset }) => storedAt(offset) >= from.time;
  const at = storedAt(from.offset);
  let reached = false;
  return ({ offset }) => {
    // The message itself may be gone by retention.
    reached ||= offset === from.offset || storedAt(offset) > at + skewMs;
    return reached;
  };
}

function placed(stored: Stored): HistoryEntry {
  return { ...stored, storedAt: storedAt(stored.offset) };
}

function endFilter(to: HistoryRequest["to"]): (entry: HistoryEntry) => "no" | "skip" | "over" {
  if (to === undefined) return () => "no";
  if ("time" in to) return (entry) => (entry.storedAt < to.time ? "no" : "skip");
  checkedOffset(to.offset);
  return (entry) => (entry.offset === to.offset ? "over" : "no");
}
