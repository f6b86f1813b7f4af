import type { HistoryEntry, HistoryRequest } from "../contract.js";
import type { Channel } from "./channel.js";
import { isolated } from "./delivery.js";

const batchSize = 256;

/**
 * Reads a channel in batches, up to what it has at the time of the call. What retention removes meanwhile is left out.
 *
 * @param channel - gives the channel, or throws while it cannot be read
 */
export function readHistory(
  request: HistoryRequest,
  channel: () => Channel,
): AsyncIterable<readonly HistoryEntry[]> {
  let range: () => { next: number; end: number };
  try {
    const known = rangeOf(request, channel());
    range = () => known;
  } catch (error) {
    range = () => {
      throw error;
    };
  }
  return read(range, channel);
}

function rangeOf(request: HistoryRequest, channel: Channel): { next: number; end: number } {
  channel.trim();
  const next = channel.resolve(request.from);
  const end = request.to === undefined ? channel.log.end : channel.resolve(request.to);
  return { next, end };
}

async function* read(
  range: () => { next: number; end: number },
  channel: () => Channel,
): AsyncGenerator<readonly HistoryEntry[], void> {
  const { next, end } = range();
  let offset = next;
  while (offset < end) {
    const log = channel().log;
    const batch: HistoryEntry[] = [];
    for (offset = Math.max(offset, log.first); offset < end && batch.length < batchSize; offset++) {
      const entry = log.at(offset);
      if (entry === undefined) continue;
      batch.push({ message: isolated(entry.message), offset: String(offset), storedAt: entry.storedAt });
    }
    if (batch.length > 0) yield batch;
  }
}
