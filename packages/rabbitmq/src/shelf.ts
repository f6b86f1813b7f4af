/**
 * The dead letters of a group: a queue for each channel. Whoever looks takes all of them, and gives back what stays when its
 * channel ends; a lock makes lookers take turns. Redriving confirms the copy before it removes the record (B9).
 */

import { type DeadLetterRecord, type Failure, partitionOf } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { connectionLost } from "./errors.js";
import { Feed } from "./feed.js";
import { entryNote, newId } from "./journal.js";
import { locked } from "./locks.js";
import { groupName } from "./names.js";
import type { Outgoing } from "./outgoing.js";
import type { SessionParts } from "./parts.js";
import { type GroupEntry, registered } from "./registry.js";
import { deadName, heldName, queueName } from "./topology.js";
import { bodyOf, copyProperties, type Headers, number, readFailure, readMessage, salvage } from "./wire.js";

interface Entry {
  readonly record: DeadLetterRecord;
  readonly tag: number;
}

const pageSize = 100;
/** What a member may hold of one queue, and a journal: the rest is seen when these have gone. */
const mostListed = 30_000;
/** What others just gave back may be on its way. */
const looks = 3;
const betweenLooksMs = 50;
const unknown: Failure = { reason: "failed", code: "UNKNOWN", message: "No cause was recorded." };

/** Oldest first, in pages; all of them are read before the first is shown, so that nobody is kept from them meanwhile. */
export async function* listShelf(
  parts: SessionParts,
  group: string,
): AsyncGenerator<readonly DeadLetterRecord[]> {
  const records: DeadLetterRecord[] = [];
  for (const place of await places(parts, group)) {
    await withShelf(
      parts,
      place,
      async (entries) => void records.push(...entries.map(({ record }) => record)),
    );
  }
  records.sort((one, other) => one.lastAt - other.lastAt);
  for (let at = 0; at < records.length; at += pageSize) yield records.slice(at, at + pageSize);
}

export async function redriveFrom(
  parts: SessionParts,
  group: string,
  ids: readonly string[],
): Promise<number> {
  return remove(parts, group, ids, async (records, place) => {
    await parts.publisher.store(records.map((record) => returned(parts, place, record)));
  });
}

export async function purgeFrom(parts: SessionParts, group: string, ids: readonly string[]): Promise<number> {
  return remove(parts, group, ids, () => Promise.resolve());
}

async function places(parts: SessionParts, group: string): Promise<GroupEntry[]> {
  return (await registered(parts)).filter((entry) => entry.group === group);
}

/** Removes records after something was done with them. */
async function remove(
  parts: SessionParts,
  group: string,
  ids: readonly string[],
  before: (records: readonly DeadLetterRecord[], place: GroupEntry) => Promise<void>,
): Promise<number> {
  let removed = 0;
  const missing = new Set(ids);
  for (const place of await places(parts, group)) {
    for (let look = 0; look < looks && missing.size > 0; look++) {
      if (look > 0) await new Promise<void>((resolve) => parts.clock.after(betweenLooksMs, resolve));
      removed += await withShelf(parts, place, async (entries, feed) => {
        const byId = new Map(entries.map((entry) => [entry.record.id, entry]));
        const chosen = [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
        if (chosen.length === 0) return 0;
        await before(
          chosen.map(({ record }) => record),
          place,
        );
        for (const { record, tag } of chosen) {
          feed.ack(tag);
          missing.delete(record.id);
        }
        await feed.flushed();
        return chosen.length;
      });
    }
  }
  return removed;
}

/** Takes all that is there, does something, and gives back what is not acknowledged. */
async function withShelf<T>(
  parts: SessionParts,
  { channel, group }: GroupEntry,
  work: (entries: readonly Entry[], feed: Feed) => Promise<T>,
): Promise<T> {
  const { namespace, link, clock } = parts;
  const name = groupName(namespace, channel, group);
  return locked(link, clock, `${name}:shelf`, async () => {
    const queue = deadName(name);
    const { messageCount } = await link.once((one) => one.checkQueue(queue));
    const feed = await Feed.open(link);
    try {
      const messages = await takeAll(parts, feed, { queue, count: Math.min(messageCount, mostListed) });
      return await work(
        messages.map((message) => entryOf(message, channel, group)),
        feed,
      );
    } finally {
      await feed.close();
    }
  });
}

/** Ends when it has so many, or when none has come for a while: others may have given back what is not there yet. */
async function takeAll(
  { clock, settings }: SessionParts,
  feed: Feed,
  { queue, count }: { readonly queue: string; readonly count: number },
): Promise<readonly ConsumeMessage[]> {
  const messages: ConsumeMessage[] = [];
  if (count === 0) return messages;
  await new Promise<void>((resolve, reject) => {
    let cancel = clock.after(settings.timeoutMs, resolve);
    const take = (message: ConsumeMessage): void => {
      messages.push(message);
      cancel();
      if (messages.length >= count) resolve();
      else cancel = clock.after(settings.timeoutMs, resolve);
    };
    void feed.ended.then(() => {
      cancel();
      reject(feed.failure ?? connectionLost());
    });
    feed.consume(queue, count, take).catch(reject);
  });
  return messages;
}

function entryOf(message: ConsumeMessage, channel: string, group: string): Entry {
  const headers = (message.properties.headers ?? {}) as Headers;
  const stored = readMessage(message) ?? salvage(message);
  const lastAt = number(headers["mw-last"]) ?? 0;
  const record: DeadLetterRecord = {
    id: String(headers["mw-record"] ?? ""),
    channel,
    group,
    message: stored.message,
    offset: stored.offset,
    attempts: number(headers["mw-attempt"]) ?? 1,
    failure: readFailure(headers["mw-failure"]) ?? unknown,
    firstAt: number(headers["mw-first"]) ?? lastAt,
    lastAt,
  };
  return { record, tag: message.fields.deliveryTag };
}

/** The copy that goes back to its group, to no other, as new. */
function returned(
  { settings, namespace }: SessionParts,
  place: GroupEntry,
  record: DeadLetterRecord,
): Outgoing {
  const name = groupName(namespace, place.channel, place.group);
  const carried = { attempt: 1 };
  if (place.ordering === "key") {
    const queue = heldName(name, partitionOf(record.message.key, settings.partitions));
    return entryNote(queue, record, carried, { id: newId() });
  }
  const properties = copyProperties(record, carried);
  return { exchange: "", key: queueName(name), body: bodyOf(record.message), properties };
}
