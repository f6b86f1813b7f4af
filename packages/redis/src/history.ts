/** Replay: the partitions of a channel page by page, merged by id, up to what was stored at the call. */
import type { HistoryEntry, HistoryRequest } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { logKey } from "./keys.js";
import { checkedOffset, compareIds, storedAt, timeId } from "./offsets.js";
import { matureDelayed } from "./scripts/mature.js";
import { decodeMessage } from "./wire.js";

const pageSize = 128;

type Entry = readonly [id: string, fields: readonly string[]];

export async function* readHistory(
  connection: Connection,
  root: string,
  { from, to }: HistoryRequest,
): AsyncGenerator<readonly HistoryEntry[]> {
  const start = from === "earliest" ? "-" : "offset" in from ? checkedOffset(from.offset) : timeId(from.time);
  const until = to && ("offset" in to ? checkedOffset(to.offset) : timeId(to.time));
  await matureDelayed(connection, root);
  const partitions = Number((await connection.call("HGET", [root, "partitions"])) ?? 0);
  const end = until === undefined ? await lastId(connection, root) : `(${until}`;
  const streams = Array.from({ length: partitions }, (_, partition) =>
    pages(connection, logKey(root, partition), start, end),
  );
  yield* merged(streams);
}

/** The last id of the channel: ids grow over all partitions. */
async function lastId(connection: Connection, root: string): Promise<string> {
  const [ms, seq] = (await connection.call("HMGET", [root, "ms", "seq"])) as (string | null)[];
  return ms && seq ? `${ms}-${seq}` : "0-0";
}

async function* pages(
  connection: Connection,
  key: string,
  start: string,
  end: string,
): AsyncGenerator<Entry[]> {
  for (let from = start; ; ) {
    const page = (await connection.call("XRANGE", [key, from, end, "COUNT", pageSize])) as Entry[];
    const last = page.at(-1);
    if (!last) return;
    const full = page.length === pageSize;
    // Whoever gets the page empties it.
    yield page;
    if (!full) return;
    from = `(${last[0]}`;
  }
}

/** Merges streams that are sorted each. Yields as far as all that have more have been read. */
async function* merged(streams: readonly AsyncGenerator<Entry[]>[]): AsyncGenerator<readonly HistoryEntry[]> {
  const read = await Promise.all(streams.map(async (stream) => ({ stream, page: await next(stream) })));
  let open = read.filter(({ page }) => page.length > 0);
  while (open.length > 0) {
    const known = open
      .map(({ page }) => page.at(-1)?.[0] ?? "")
      .reduce((a, b) => (compareIds(a, b) < 0 ? a : b));
    const ready: Entry[] = [];
    for (const one of open) {
      const beyond = one.page.findIndex(([id]) => compareIds(id, known) > 0);
      ready.push(...one.page.splice(0, beyond < 0 ? one.page.length : beyond));
    }
    const entries = ready.sort((a, b) => compareIds(a[0], b[0])).flatMap(entryFrom);
    if (entries.length > 0) yield entries;
    for (const one of open) if (one.page.length === 0) one.page = await next(one.stream);
    open = open.filter(({ page }) => page.length > 0);
  }
}

async function next(stream: AsyncGenerator<Entry[]>): Promise<Entry[]> {
  const step = await stream.next();
  return step.done ? [] : step.value;
}

/** Nothing for what is no message. */
function entryFrom([id, values]: Entry): HistoryEntry[] {
  const message = decodeMessage(values);
  return message ? [{ message, offset: id, storedAt: storedAt(id) }] : [];
}
