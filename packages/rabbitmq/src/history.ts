/** Reads a channel's log, which is a stream: from a time or an offset it starts somewhat earlier and passes over. */

import type { HistoryEntry, HistoryRequest, StartPosition } from "@meshwright/core/adapter";
import { isMissing } from "./errors.js";
import { channelName } from "./names.js";
import { checkedOffset, storedAt } from "./offsets.js";
import type { SessionParts } from "./parts.js";
import { readStream, type StreamSource } from "./stream.js";
import { logName } from "./topology.js";
import { readMessage, type Stored } from "./wire.js";

/** How far the clocks of publishers and server may be apart: offsets have the time of publishers, streams that of the server. */
const skewMs = 60_000;

export async function* readHistory(
  { namespace, link, publisher }: SessionParts,
  { channel, from, to }: HistoryRequest,
): AsyncGenerator<readonly HistoryEntry[]> {
  const source = { queue: logName(channelName(namespace, channel)), from: sourceOf(from) };
  const wanted = startFilter(from);
  const ended = endFilter(to);
  try {
    for await (const batch of readStream(link, publisher, source)) {
      const entries: HistoryEntry[] = [];
      let over = false;
      for (const message of batch) {
        const stored = readMessage(message);
        if (!stored || !wanted(stored)) continue;
        const end = ended(stored);
        if (end === "over") {
          over = true;
          break;
        }
        if (end === "no") entries.push(stored);
      }
      if (entries.length > 0) yield entries;
      if (over) return;
    }
  } catch (error) {
    // A channel that nobody has used has no log.
    if (!isMissing(error)) throw error;
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
  if ("time" in from) return (stored) => stored.storedAt >= from.time;
  const at = storedAt(from.offset);
  let reached = false;
  return (stored) => {
    // The message itself may be gone by retention.
    reached ||= stored.offset === from.offset || stored.storedAt > at + skewMs;
    return reached;
  };
}

function endFilter(to: HistoryRequest["to"]): (stored: Stored) => "no" | "skip" | "over" {
  if (to === undefined) return () => "no";
  if ("time" in to) return (stored) => (stored.storedAt < to.time ? "no" : "skip");
  checkedOffset(to.offset);
  return (stored) => (stored.offset === to.offset ? "over" : "no");
}
