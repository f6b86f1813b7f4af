/** The dead letters of a group over all channels. A record's id is its place on the channel's shelf and the channel. */
import type { DeadLetterRecord, Failure } from "@meshwright/core/adapter";
import type { Channels } from "./channels.js";
import type { Connection } from "./connection.js";
import { escaped, rootKey } from "./keys.js";
import { type DeadRecord, listDead, purgeDead, redriveDead } from "./scripts/dead-letters.js";
import { salvageMessage } from "./wire.js";

export interface ShelfParts {
  readonly connection: Connection;
  readonly namespace: string;
  readonly channels: Channels;
}

/** Bounds how long one call of a script takes. */
const idsAtOnce = 200;

/** Oldest first. */
export async function* listShelf(
  { connection, namespace, channels }: ShelfParts,
  group: string,
): AsyncGenerator<readonly DeadLetterRecord[]> {
  const shelves = (await channels.all()).map((channel) => ({
    channel,
    behind: "",
    records: [] as DeadLetterRecord[],
  }));
  let open = shelves;
  while (open.length > 0) {
    for (const shelf of open) {
      if (shelf.records.length > 0) continue;
      const page = await listDead(
        connection,
        rootKey(namespace, shelf.channel),
        escaped(group),
        shelf.behind,
      );
      shelf.records = page.map((record) => recordFrom(record, shelf.channel, group));
      shelf.behind = String(page.at(-1)?.[0] ?? shelf.behind);
    }
    open = open.filter(({ records }) => records.length > 0);
    if (open.length === 0) return;
    // Places begin with a time: as far as every channel's page reaches.
    const known = open.map(({ records }) => records.at(-1)?.id ?? "").sort()[0] ?? "";
    const ready = open.flatMap((shelf) => {
      const beyond = shelf.records.findIndex(({ id }) => id > known);
      return shelf.records.splice(0, beyond < 0 ? shelf.records.length : beyond);
    });
    yield ready.sort((a, b) => (a.id < b.id ? -1 : 1));
  }
}

/** Hands records back to their group, in the order given. Returns how many there were. */
export async function redriveFrom(
  { connection, namespace }: ShelfParts,
  group: string,
  ids: readonly string[],
): Promise<number> {
  let count = 0;
  for (const [channel, places] of runs(ids)) {
    const root = rootKey(namespace, channel);
    const ordering = (await connection.call("HGET", [`${root}:groups`, escaped(group)])) as string | null;
    if (ordering === null) continue;
    count += await redriveDead(connection, root, [escaped(group), ordering], places);
  }
  return count;
}

export async function purgeFrom(
  { connection, namespace }: ShelfParts,
  group: string,
  ids: readonly string[],
): Promise<number> {
  let count = 0;
  for (const [channel, places] of runs(ids)) {
    count += await purgeDead(connection, rootKey(namespace, channel), escaped(group), places);
  }
  return count;
}

/** Ids one after another that are of one channel, not too many together. Ids that are none are left out. */
function runs(ids: readonly string[]): (readonly [channel: string, places: string[]])[] {
  const found: (readonly [string, string[]])[] = [];
  for (const id of ids) {
    const at = id.indexOf("@");
    if (at < 0) continue;
    const [place, channel] = [id.slice(0, at), id.slice(at + 1)];
    const last = found.at(-1);
    if (last && last[0] === channel && last[1].length < idsAtOnce) last[1].push(place);
    else found.push([channel, [place]]);
  }
  return found;
}

function recordFrom(record: DeadRecord, channel: string, group: string): DeadLetterRecord {
  const [place, offset, attempts, firstAt, lastAt, failure, head, body] = record;
  return {
    id: `${place}@${channel}`,
    channel,
    group,
    message: salvageMessage(head, body),
    offset: String(offset),
    attempts: Number(attempts),
    failure: JSON.parse(String(failure)) as Failure,
    firstAt: Number(firstAt),
    lastAt: Number(lastAt),
  };
}
