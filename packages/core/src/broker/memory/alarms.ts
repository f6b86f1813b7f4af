import type { Cancel, Clock } from "../../clock/clock.js";

/** Something that happens at a time: a retry falls due, a lease runs out, a delayed message becomes visible. */
export interface Alarm {
  /** Milliseconds since the epoch. */
  readonly at: number;
  fire(): void;
}

interface Place {
  readonly alarm: Alarm;
  readonly turn: number;
}

/** All alarms of a server in one heap behind one timer. Without a clock (nobody is connected) they wait. */
export class Alarms {
  readonly #heap: Place[] = [];
  #turn = 0;
  #clock: Clock | undefined;
  #timer: { readonly at: number; readonly cancel: Cancel } | undefined;

  add(alarm: Alarm): void {
    this.#push({ alarm, turn: this.#turn++ });
    this.#arm();
  }

  /** Runs by this clock from now on; without one, stands still. */
  use(clock: Clock | undefined): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#clock = clock;
    this.#arm();
  }

  #arm(): void {
    const next = this.#heap[0];
    if (next === undefined || this.#clock === undefined) return;
    if (this.#timer !== undefined && this.#timer.at <= next.alarm.at) return;
    this.#timer?.cancel();
    const wait = Math.max(0, next.alarm.at - this.#clock.now());
    this.#timer = { at: next.alarm.at, cancel: this.#clock.after(wait, () => this.#ring()) };
  }

  #ring(): void {
    this.#timer = undefined;
    const now = this.#clock?.now() ?? Number.NEGATIVE_INFINITY;
    for (let next = this.#heap[0]; next !== undefined && next.alarm.at <= now; next = this.#heap[0]) {
      this.#pop();
      next.alarm.fire();
    }
    this.#arm();
  }

  #push(place: Place): void {
    const heap = this.#heap;
    let index = heap.push(place) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !before(place, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = place;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = index * 2 + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && before(right, child)) {
        below++;
        child = right;
      }
      if (!before(child, last)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }
}

function before(a: Place, b: Place): boolean {
  return a.alarm.at !== b.alarm.at ? a.alarm.at < b.alarm.at : a.turn < b.turn;
}
