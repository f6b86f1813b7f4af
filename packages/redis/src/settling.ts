/** Turns settlements into what the settle script takes. */
import type { Failure, Settlement } from "@meshwright/core/adapter";
import type { Held } from "./holdings.js";
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

export function addAck({ acks }: Plan, partition: string, id: string): void {
  const ids = acks.get(partition);
  if (ids) ids.push(id);
  else acks.set(partition, [id]);
}

/** To be given back: it comes again by way of the records. */
export function addRelease({ changes, lanes }: Plan, { partition, id, record, key }: Held): void {
  changes.push([partition, id, record, "release", 0, ""]);
  lanes.push([partition, key]);
}

export function addDead(plan: Plan, { partition, id, record }: Held, failure: Failure): void {
  plan.changes.push([partition, id, record, "dead", 0, JSON.stringify(failure)]);
}

export function addSettlement(plan: Plan, settlement: Settlement, held: Held): void {
  const { partition, id, record } = held;
  switch (settlement.outcome) {
    case "ack":
      if (id !== "") addAck(plan, partition, id);
      else plan.changes.push([partition, id, record, "ack", 0, ""]);
      break;
    case "release":
      addRelease(plan, held);
      break;
    case "retry":
      plan.changes.push([
        partition,
        id,
        record,
        "retry",
        settlement.delayMs,
        JSON.stringify(settlement.failure),
      ]);
      plan.lanes.push([partition, held.key]);
      break;
    case "deadLetter":
      addDead(plan, held, settlement.failure);
      break;
  }
}

export function isEmpty({ acks, changes }: Plan): boolean {
  return acks.size === 0 && changes.length === 0;
}
