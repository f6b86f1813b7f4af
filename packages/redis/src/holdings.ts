/** What a member holds, and which keys have to wait. */
import type { Delivery } from "@meshwright/core/adapter";
import { sortable } from "./offsets.js";

/** Where Redis keeps a message that a member holds. */
export interface Place {
  readonly partition: string;
  /** The id of the entry, "" if it came from a record. */
  readonly id: string;
  /** The name that its record has, or would have. */
  readonly record: string;
}

/** A delivery with what its member has to know of it. */
export interface HeldDelivery extends Delivery {
  readonly partition: string;
  /** The record it came from, "" if it was read from the stream. */
  readonly record: string;
  /** Its index among what is held, -1 for none. */
  index: number;
  /** The last call that was to settle it. */
  call: number;
}

export function placeOf({ partition, record, offset }: HeldDelivery): Place {
  return record === "" ? entryPlace(partition, offset) : { partition, id: "", record };
}

export function entryPlace(partition: string, id: string): Place {
  return { partition, id, record: sortable(id) };
}

/**
 * A lane is a key of which something waits among the records: a newer entry of it has to wait behind. Which lanes there are
 * is known from Redis. Each mark carries the number of the call that made it, since the reply to an earlier call says nothing
 * about later ones.
 */
export class Holdings {
  // An array, and not a set: a set that lives long and changes with every message keeps what was deleted from the collector.
  readonly #held: HeldDelivery[] = [];
  readonly #lanes: Map<string, Map<string, number>> = new Map();
  /** Deliveries that are to be given back, which is not recorded yet. */
  readonly #returning: Set<HeldDelivery> = new Set();
  #returningKeys: Set<string> = new Set();
  #calls = 0;

  get size(): number {
    return this.#held.length;
  }

  all(): readonly HeldDelivery[] {
    return this.#held;
  }

  add(delivery: HeldDelivery): void {
    delivery.index = this.#held.push(delivery) - 1;
  }

  holds(delivery: Delivery): delivery is HeldDelivery {
    const { index = -1 } = delivery as Partial<HeldDelivery>;
    return this.#held[index] === delivery;
  }

  /** It is settled: not held any more. The last one takes its place. */
  remove(delivery: HeldDelivery): void {
    if (!this.holds(delivery)) return;
    const { index } = delivery;
    const last = this.#held.pop();
    if (last !== undefined && last !== delivery) {
      this.#held[index] = last;
      last.index = index;
    }
    delivery.index = -1;
    if (this.#returning.size > 0) this.#returning.delete(delivery);
  }

  /** The number of a call that is about to be sent. */
  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  isWaiting(partition: string, key: string): boolean {
    return this.#lanes.get(partition)?.has(key) ?? false;
  }

  /** A step begins: what it brings comes after all that is recorded by now. */
  beginStep(): void {
    if (this.#returningKeys.size > 0) this.#returningKeys = new Set(keysOf(this.#returning));
  }

  /** Whether something of the key was given back of which Redis may not have known when this step asked it. */
  isReturning(key: string): boolean {
    return this.#returningKeys.has(key);
  }

  laneExists(partition: string, key: string, call: number): void {
    const lanes = this.#lanes.get(partition);
    if (lanes) lanes.set(key, call);
    else this.#lanes.set(partition, new Map([[key, call]]));
  }

  laneIsEmpty(partition: string, key: string, call: number): void {
    const lanes = this.#lanes.get(partition);
    if (lanes && (lanes.get(key) ?? 0) <= call) lanes.delete(key);
  }

  /** These are all lanes of a partition, as Redis said in reply to a call. */
  setLanes(partition: string, keys: readonly string[], call: number): void {
    const lanes = new Map(keys.map((key) => [key, call]));
    for (const [key, marked] of this.#lanes.get(partition) ?? []) if (marked > call) lanes.set(key, marked);
    this.#lanes.set(partition, lanes);
  }

  forgetLanes(partition: string): void {
    this.#lanes.delete(partition);
  }

  /** A retry or a release of it was asked for. */
  returned(delivery: HeldDelivery): void {
    this.#returning.add(delivery);
    this.#returningKeys.add(delivery.message.key);
  }

  clear(): void {
    this.#held.length = 0;
    this.#lanes.clear();
    this.#returning.clear();
    this.#returningKeys.clear();
  }
}

function keysOf(deliveries: Iterable<HeldDelivery>): string[] {
  return Array.from(deliveries, ({ message }) => message.key);
}
