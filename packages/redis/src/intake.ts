/** What came from Redis: most of it is yielded; the rest is settled at once. */
import type { Failure } from "@meshwright/core/adapter";
import { entryPlace, type HeldDelivery, type Holdings } from "./holdings.js";
import { storedAt } from "./offsets.js";
import { partitionOfStream } from "./reader.js";
import type { StreamEntries } from "./scripts/read.js";
import type { TakenRecord } from "./scripts/take.js";
import { addAck, addDead, addDone, addRelease, type Plan } from "./settling.js";
import { decodeMessage } from "./wire.js";

export interface Intake {
  readonly holdings: Holdings;
  /** The types that were asked for; undefined for all. */
  readonly wanted: ((type: string) => boolean) | undefined;
  /** Keys are kept in order. */
  readonly ordered: boolean;
  /** The partitions that are the member's now. */
  readonly partitions: readonly string[];
  /** What is to be yielded. */
  readonly batch: HeldDelivery[];
  /** What is to be settled without being yielded. */
  readonly plan: Plan;
}

const unreadable: Failure = {
  reason: "undecodable",
  code: "STORED_MESSAGE_UNREADABLE",
  message: "The stored entry is no message: it has other fields, or its head is damaged.",
};

/**
 * New entries. What belongs behind something that waits is given back, and comes when it is its turn. So is what was read
 * just before its partition moved: its new owner knows what waits there, and this member does not any more.
 */
export function acceptEntries(
  { holdings, wanted, ordered, partitions, batch, plan }: Intake,
  streams: readonly StreamEntries[],
): void {
  for (const [stream, entries] of streams) {
    const partition = partitionOfStream(stream);
    const moved = ordered && !partitions.includes(partition);
    for (const [id, fields] of entries) {
      const message = decodeMessage(fields);
      if (!message) addDead(plan, entryPlace(partition, id), unreadable);
      else if (wanted && !wanted(message.type)) addAck(plan, partition, id);
      else if (moved || (ordered && holdings.isWaiting(partition, message.key))) {
        addRelease(plan, entryPlace(partition, id), message.key);
      } else {
        const place = { offset: id, storedAt: storedAt(id), partition, record: "", index: -1, call: 0 };
        const delivery: HeldDelivery = { message, attempt: 1, ...place };
        holdings.add(delivery);
        batch.push(delivery);
      }
    }
  }
}

/** Records that were taken by a call. */
export function acceptRecords(
  { holdings, wanted, ordered, batch, plan }: Intake,
  records: readonly TakenRecord[],
  call: number,
): void {
  for (const [partition, record, offset, lane, attempt, failure, head, body] of records) {
    const place = { partition, id: "", record };
    const message = decodeMessage([head, body]);
    if (ordered) holdings.laneExists(partition, lane, call);
    if (!message) addDead(plan, place, unreadable);
    else if (wanted && !wanted(message.type)) addDone(plan, place);
    else {
      const held = {
        message,
        attempt,
        offset,
        storedAt: storedAt(offset),
        partition,
        record,
        index: -1,
        call: 0,
      };
      const lastFailure = failure === "" ? undefined : (JSON.parse(failure) as Failure);
      const delivery: HeldDelivery = lastFailure === undefined ? held : { ...held, lastFailure };
      holdings.add(delivery);
      batch.push(delivery);
    }
  }
}
