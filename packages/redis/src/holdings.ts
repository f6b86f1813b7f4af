/** What a member holds, and which keys have to wait. */
import type { Delivery } from "@meshwright/core/adapter";

/** What a member remembers of a delivery it holds. */
export interface Held {
  readonly partition: string;
  /** The id of the entry, "" if it came from a record. */
  readonly id: string;
  /** The name that its record has, or would have. */
  readonly record: string;
  readonly key: string;
}

/**
 * A lane is a key of which something waits among the records: a newer entry of it has to wait behind. Which lanes there are
 * is known from Redis. Each mark carries the number of the call that made it, since the reply to an earlier call says nothing
 * about later ones.
 */
export class Holdings {
  readonly held: Map<Delivery, Held> = new Map();
  readonly #lanes: Map<string, Map<string, number>> = new Map();
  /** Keys of deliveries for which a retry was asked that is not recorded yet. */
  readonly #retrying: Map<Delivery, string> = new Map();
  #calls = 0;

  /** The number of a call that is about to be sent. */
  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  isWaiting(partition: string, key: string): boolean {
    if (this.#lanes.get(partition)?.has(key)) return true;
    if (this.#retrying.size === 0) return false;
    for (const one of this.#retrying.values()) if (one === key) return true;
    return false;
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

  retryAsked(delivery: Delivery, key: string): void {
    this.#retrying.set(delivery, key);
  }

  /** It is settled: not held any more. */
  settled(delivery: Delivery): void {
    this.held.delete(delivery);
    this.#retrying.delete(delivery);
  }

  clear(): void {
    this.held.clear();
    this.#lanes.clear();
    this.#retrying.clear();
  }
}
