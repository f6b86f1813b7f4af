/**
 * The dead letters of a group: one queue for all its channels. Whoever looks takes all of them, and gives back what stays when its
 * channel ends; a lock makes lookers take turns. Redriving confirms the copy before it removes the record (B9).
 */

import { type DeadLetterRecord, type Failure, partitionOf } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { connectionLost, replyCode } from "./errors.js";
import { Feed } from "./feed.js";
import { entryNote, newId } from "./journal.js";
import { locked } from "./locks.js";
import { deadName, groupName, shelfLock } from "./names.js";
import type { Outgoing } from "./outgoing.js";
import type { SessionParts } from "./parts.js";
import { heldName, queueName } from "./topology.js";
import { bodyOf, copyProperties, type Headers, number, readFailure, readMessage, salvage } from "./wire.js";

interface Entry {
  readonly record: DeadLetterRecord;
  /** Of the group in its channel. */
  readonly ordered: boolean;
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
  const all = await withShelf(parts, group, (entries) => Promise.resolve(entries));
  const records = (all ?? []).map(({ record }) => record).sort((one, other) => one.lastAt - other.lastAt);
  for (let at = 0; at < records.length; at += pageSize) yield records.slice(at, at + pageSize);
}

export async function redriveFrom(
  parts: SessionParts,
  group: string,
  ids: readonly string[],
): Promise<number> {
  return remove(parts, group, ids, (entries) =>
    parts.publisher.store(entries.map((entry) => returned(parts, entry))),
  );
}

export async function purgeFrom(parts: SessionParts, group: string, ids: readonly string[]): Promise<number> {
  return remove(parts, group, ids, () => Promise.resolve());
}

/** Removes records after something was done with them. */
async function remove(
  parts: SessionParts,
  group: string,
  ids: readonly string[],
  before: (entries: readonly Entry[]) => Promise<void>,
): Promise<number> {
  let removed = 0;
  const missing = new Set(ids);
  for (let look = 0; look < looks && missing.size > 0; look++) {
    if (look > 0) await new Promise<void>((resolve) => parts.clock.after(betweenLooksMs, resolve));
    const gone = await withShelf(parts, group, async (entries, feed) => {
      const byId = new Map(entries.map((entry) => [entry.record.id, entry]));
      const chosen = [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
      if (chosen.length === 0) return 0;
      await before(chosen);
      for (const { record, tag } of chosen) {
        feed.ack(tag);
        missing.delete(record.id);
      }
      await feed.flushed();
      return chosen.length;
    });
    removed += gone ?? 0;
  }
  return removed;
}

/** Takes all that is there, does something, and gives back what is not acknowledged. */
async function withShelf<T>(
  parts: SessionParts,
  group: string,
  work: (entries: readonly Entry[], feed: Feed) => Promise<T>,
): Promise<T | undefined> {
  const { namespace, link, clock } = parts;
  return locked(link, clock, shelfLock(namespace, group), async () => {
    const queue = deadName(namespace, group);
    const count = Math.min(await countOf(parts, queue), mostListed);
    if (count === 0) return undefined;
    const feed = await Feed.open(link);
    try {
      const messages = await takeAll(parts, feed, { queue, count });
      return await work(
        messages.map((message) => entryOf(message, group)),
        feed,
      );
    } finally {
      await feed.close();
    }
  });
}

/** How many are there to be taken; none of a group that nobody has made. */
async function countOf({ link }: SessionParts, queue: string): Promise<number> {
  try {
    return (await link.once((one) => one.checkQueue(queue))).messageCount;
  } catch (error) {
    if (replyCode(error) === 404) return 0;
    throw error;
  }
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

function entryOf(message: ConsumeMessage, group: string): Entry {
  const headers = (message.properties.headers ?? {}) as Headers;
  const stored = readMessage(message) ?? salvage(message);
  const lastAt = number(headers["mw-last"]) ?? 0;
  const record: DeadLetterRecord = {
    id: String(headers["mw-record"] ?? ""),
    channel: String(headers["mw-channel"] ?? ""),
    group,
    message: stored.message,
    offset: stored.offset,
    attempts: number(headers["mw-attempt"]) ?? 1,
    failure: readFailure(headers["mw-failure"]) ?? unknown,
    firstAt: number(headers["mw-first"]) ?? lastAt,
    lastAt,
  };
  return { record, ordered: headers["mw-ordering"] === "key", tag: message.fields.deliveryTag };
}

/** The copy that goes back to its group, to no other, as new. */
function returned({ settings, namespace }: SessionParts, { record, ordered }: Entry): Outgoing {
  const name = groupName(namespace, record.channel, record.group);
  const carried = { attempt: 1 };
  if (ordered) {
    const queue = heldName(name, partitionOf(record.message.key, settings.partitions));
    return entryNote(queue, record, carried, { id: newId() });
  }
  const properties = copyProperties(record, carried);
  return { exchange: "", key: queueName(name), body: bodyOf(record.message), properties };
}
