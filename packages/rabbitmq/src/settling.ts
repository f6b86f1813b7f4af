/** What settling a delivery of an ordered group takes, besides acknowledging it. */
import type { Settlement } from "@meshwright/core/adapter";
import { doneNote, entryNote, newId } from "./journal.js";
import type { OrderedHeld } from "./ordered-held.js";
import type { Outgoing } from "./outgoing.js";
import type { Partition } from "./partition.js";
import { deadCopy, type ShelfPlace } from "./records.js";

export type Own = Settlement & { readonly delivery: OrderedHeld };

export interface SettlingPlace {
  readonly partitions: readonly Partition[];
  readonly shelf: ShelfPlace;
  readonly now: number;
}

/**
 * What is to be stored before it is acknowledged. From now on the key of a retry waits (B5), also when that fails: the caller tries
 * again, and what it tries may have been stored.
 */
export function settlementNotes(place: SettlingPlace, settlement: Own): Outgoing[] {
  const { delivery, outcome } = settlement;
  if (outcome === "ack") return delivery.moved ? [doneWith(place, delivery)] : [];
  if (outcome === "deadLetter") {
    const dead = deadCopy(place.shelf, delivery, settlement.failure, place.now);
    return delivery.moved ? [dead, doneWith(place, delivery)] : [dead];
  }
  const partition = place.partitions[delivery.partition] as Partition;
  const id = newId();
  if (partition.leads && !delivery.moved) partition.dispatch.block(delivery, id);
  if (outcome === "release") return [partition.dispatch.copy(delivery, id)];
  const due = settlement.delayMs > 0 ? place.now + settlement.delayMs : 0;
  const carried = delivery.carried(delivery.attempt + 1, settlement.failure);
  const entry = { id, seq: delivery.seq, due, replaces: delivery.ref };
  return [entryNote(partition.parts.heldQueue, delivery, carried, entry)];
}

/** It was to come again, which could not be stored, and now it is not. */
export function unblock({ partitions }: SettlingPlace, { delivery, outcome }: Own): void {
  const gone = outcome === "ack" || outcome === "deadLetter";
  if (gone) (partitions[delivery.partition] as Partition).dispatch.unblock(delivery);
}

/** Tells the leader that another member has settled it. */
export function doneWith({ partitions }: SettlingPlace, { partition, ref }: OrderedHeld): Outgoing {
  return doneNote((partitions[partition] as Partition).parts.heldQueue, ref);
}

/**
 * What of a batch may still be seen. What has been lost or handed over since it was taken may not; what stands behind something
 * that was given back meanwhile is taken back.
 */
export function inOrder(
  batch: readonly OrderedHeld[],
  partitions: readonly Partition[],
  held: Set<OrderedHeld>,
): readonly OrderedHeld[] {
  const seen: OrderedHeld[] = [];
  for (const one of batch) {
    if (one.state !== "held") continue;
    const { dispatch, handover } = partitions[one.partition] as Partition;
    if (handover || dispatch.isBehind(one)) {
      one.state = "waiting";
      held.delete(one);
      dispatch.add(one, true);
    } else {
      one.seen = true;
      seen.push(one);
    }
  }
  return seen;
}

export interface ByHandover {
  readonly free: readonly Own[];
  /** Of partitions that are being handed over, and when that is done. */
  readonly waiting: readonly Own[];
  readonly handovers: readonly Promise<void>[];
}

export function byHandover(mine: readonly Own[], partitions: readonly Partition[]): ByHandover {
  const handovers = partitions.flatMap(({ handover }) => handover ?? []);
  if (handovers.length === 0) return { free: mine, waiting: [], handovers };
  const isFree = ({ delivery }: Own): boolean => partitions[delivery.partition]?.handover === undefined;
  return { free: mine.filter(isFree), waiting: mine.filter((one) => !isFree(one)), handovers };
}
