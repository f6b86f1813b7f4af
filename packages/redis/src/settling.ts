/** Turns settlements into what the settle script takes. */
import type { Failure, Settlement } from "@meshwright/core/adapter";
import { type HeldDelivery, type Place, placeOf } from "./holdings.js";
import type { Change } from "./scripts/settle.js";

/** Settlements of one call: plain acknowledgements by partition, and all else. */
export interface Plan {
  readonly acks: Map<string, string[]>;
  readonly changes: Change[];
  /** Where something will wait among the records from now on: partition and key. */
  readonly lanes: (readonly [partition: string, key: string])[];
}

export function emptyPlan(): Plan {
  return { acks: new Map(), changes: [], lanes: [] };
}

export function isEmpty({ acks, changes }: Plan): boolean {
  return acks.size === 0 && changes.length === 0;
}

/** Settles an entry that was read from a stream. */
export function addAck({ acks }: Plan, partition: string, id: string): void {
  const ids = acks.get(partition);
  if (ids) ids.push(id);
  else acks.set(partition, [id]);
}

/** Settles a record. */
export function addDone({ changes }: Plan, { partition, id, record }: Place): void {
  changes.push([partition, id, record, "ack", 0, ""]);
}

/** To be given back: it comes again by way of the records. */
export function addRelease({ changes, lanes }: Plan, { partition, id, record }: Place, key: string): void {
  changes.push([partition, id, record, "release", 0, ""]);
  lanes.push([partition, key]);
}

export function addDead({ changes }: Plan, { partition, id, record }: Place, failure: Failure): void {
  changes.push([partition, id, record, "dead", 0, JSON.stringify(failure)]);
}

export function addSettlement(plan: Plan, settlement: Settlement, held: HeldDelivery): void {
  const { partition, offset, message } = held;
  if (settlement.outcome === "ack" && held.record === "") {
    addAck(plan, partition, offset);
    return;
  }
  const place = placeOf(held);
  switch (settlement.outcome) {
    case "ack":
      addDone(plan, place);
      break;
    case "release":
      addRelease(plan, place, message.key);
      break;
    case "retry": {
      const failure = JSON.stringify(settlement.failure);
      plan.changes.push([partition, place.id, place.record, "retry", settlement.delayMs, failure]);
      plan.lanes.push([partition, message.key]);
      break;
    }
    case "deadLetter":
      addDead(plan, place, settlement.failure);
      break;
  }
}
