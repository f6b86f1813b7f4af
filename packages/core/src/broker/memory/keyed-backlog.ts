import { Queue } from "../../util/queue.js";
import type { Backlog, HandOver } from "./backlog.js";
import { type HeldDelivery, type Holder, KeyState, type Returned } from "./delivery.js";
import { compareEntries, type Entry } from "./log.js";

/** How many messages of one key are handed over before another waiting key has its turn. */
const quantum = 16;

/**
 * For `ordering: "key"` (B5). A key that somebody holds, or a retry of which waits, is blocked for everybody else; its
 * messages are parked with it, and it stands in no list until it can be served. So a member that asks looks only at
 * keys that have something for it. A waiting key is listed in exactly one place: at its holder, else in `ready`.
 */
export class KeyedBacklog implements Backlog {
  readonly #keys = new Map<string, KeyState>();
  readonly #ready = new Queue<KeyState>();

  claim(entry: Entry, member: Holder): KeyState | undefined {
    const name = entry.message.key;
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = new KeyState(name);
      this.#keys.set(name, key);
      key.holder = member;
    } else if (key.holder !== member || key.retrying > 0 || key.waiting) {
      key.parked ??= new Queue();
      key.parked.push(entry.offset);
      this.#list(key);
      return undefined;
    }
    key.held++;
    return key;
  }

  serve(member: Holder, limit: number, handOver: HandOver): void {
    let left = limit;
    while (left > 0) {
      const key = this.#next(this.#ready, member) ?? this.#next(member.own, member);
      if (key === undefined) return;
      left -= this.#drain(key, member, Math.min(left, quantum), handOver);
      this.#list(key);
    }
  }

  free(delivery: HeldDelivery): void {
    const key = delivery.key;
    if (delivery.suspended) key.retrying--;
    key.held--;
    if (key.held === 0) {
      key.holder = undefined;
      if (key.listed !== this.#ready) key.listed = undefined;
    }
    this.#list(key);
  }

  giveBack(returned: Returned): void {
    this.#list(this.#insert(returned));
  }

  delay(returned: Returned): void {
    this.#insert(returned).retrying++;
  }

  due(returned: Returned): void {
    const key = this.#key(returned.entry);
    key.retrying--;
    this.#list(key);
  }

  append(returned: Returned): void {
    const key = this.#key(returned.entry);
    key.parked ??= new Queue();
    key.parked.push(returned);
    this.#list(key);
  }

  suspend(delivery: HeldDelivery): void {
    if (delivery.suspended) return;
    delivery.suspended = true;
    delivery.key.retrying++;
  }

  overtakes(delivery: HeldDelivery): boolean {
    return delivery.key.retrying > 0 || (delivery.key.returned?.length ?? 0) > 0;
  }

  #key(entry: Entry): KeyState {
    const name = entry.message.key;
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = new KeyState(name);
      this.#keys.set(name, key);
    }
    return key;
  }

  /** Puts the key where it will be served, or forgets it when there is nothing left to know. */
  #list(key: KeyState): void {
    if (key.retrying > 0) return;
    if (!key.waiting) {
      if (key.held === 0) this.#keys.delete(key.name);
      return;
    }
    if (key.listed !== undefined) return;
    key.listed = key.holder?.own ?? this.#ready;
    key.listed.push(key);
  }

  /** The next key of a list that has something for this member. */
  #next(list: Queue<KeyState>, member: Holder): KeyState | undefined {
    for (let key = list.shift(); key !== undefined; key = list.shift()) {
      if (key.listed !== list) continue;
      key.listed = undefined;
      if (key.retrying > 0 || !key.waiting) continue;
      if (key.holder === undefined || key.holder === member) return key;
      this.#list(key);
    }
    return undefined;
  }

  #drain(key: KeyState, member: Holder, limit: number, handOver: HandOver): number {
    let count = 0;
    while (count < limit) {
      const waiting = key.returned?.shift() ?? key.parked?.shift();
      if (waiting === undefined) break;
      if (!handOver(waiting, key)) continue;
      key.holder = member;
      key.held++;
      count++;
    }
    return count;
  }

  /** What is held was handed over in order, so it comes back before anything parked, and usually at the end. */
  #insert(returned: Returned): KeyState {
    const key = this.#key(returned.entry);
    key.returned ??= [];
    let place = key.returned.length;
    for (; place > 0; place--) {
      const before = key.returned[place - 1];
      if (before === undefined || compareEntries(before.entry, returned.entry) < 0) break;
    }
    if (place === key.returned.length) key.returned.push(returned);
    else key.returned.splice(place, 0, returned);
    return key;
  }
}
