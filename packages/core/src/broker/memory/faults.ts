import { ConfigurationError } from "../../errors/errors.js";

/**
 * Trouble on request. All of it is drawn from one seeded generator, so the same calls in the same order meet the same
 * trouble. Probabilities are between 0 (the default) and 1.
 */
export interface MemoryFaults {
  /** Any integer. */
  readonly seed: number;
  /** Per ack: it comes too late. It is reported as stale, and the message is delivered again. */
  readonly duplicate?: number;
  /** Every publish and every batch takes this long, in milliseconds of the clock: at least, at most. */
  readonly delayMs?: readonly [min: number, max: number];
  /** Per batch: it is handed over shuffled. In a group with `ordering: "key"` each key keeps its order. */
  readonly reorder?: number;
  /** Per batch: its member loses the lease of all it holds, which is delivered again with `attempt` one higher. */
  readonly crash?: number;
  /** Per publish: it rejects, after none, some or all of its messages were stored. */
  readonly publishFailure?: number;
}

/** A small seeded generator (mulberry32): numbers from 0 up to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The options, with the dice thrown. What is not asked for draws nothing. */
export class Faults {
  readonly #options: MemoryFaults;
  readonly #random: () => number;

  constructor(options: MemoryFaults, random: () => number) {
    check(options);
    this.#options = options;
    this.#random = random;
  }

  losesAck(): boolean {
    return this.#hit(this.#options.duplicate);
  }

  losesLease(): boolean {
    return this.#hit(this.#options.crash);
  }

  shuffles(): boolean {
    return this.#hit(this.#options.reorder);
  }

  /** How many of `count` messages a failing publish stores; undefined when it does not fail. */
  publishFails(count: number): number | undefined {
    return this.#hit(this.#options.publishFailure) ? Math.floor(this.#random() * (count + 1)) : undefined;
  }

  /** In milliseconds; undefined when nothing is delayed. */
  delay(): number | undefined {
    const range = this.#options.delayMs;
    return range && Math.round(range[0] + this.#random() * (range[1] - range[0]));
  }

  /** Shuffles in place; items with the same label keep their order among themselves. */
  shuffle<T>(items: T[], label: (item: T) => unknown): void {
    const queues = new Map<unknown, T[]>();
    const labels = items.map((item) => {
      const name = label(item);
      const queue = queues.get(name);
      if (queue) queue.push(item);
      else queues.set(name, [item]);
      return name;
    });
    for (let last = labels.length - 1; last > 0; last--) {
      const other = Math.floor(this.#random() * (last + 1));
      [labels[last], labels[other]] = [labels[other], labels[last]];
    }
    const taken = new Map<unknown, number>();
    labels.forEach((name, index) => {
      const next = taken.get(name) ?? 0;
      const item = queues.get(name)?.[next];
      taken.set(name, next + 1);
      if (item !== undefined) items[index] = item;
    });
  }

  #hit(probability: number | undefined): boolean {
    return probability !== undefined && probability > 0 && this.#random() < probability;
  }
}

function check(options: MemoryFaults): void {
  for (const name of ["duplicate", "reorder", "crash", "publishFailure"] as const) {
    const value = options[name] ?? 0;
    if (value >= 0 && value <= 1) continue;
    throw new ConfigurationError(
      "FAULTS_INVALID",
      `faults.${name}: give a probability from 0 to 1, not ${value}.`,
    );
  }
  const [min, max] = options.delayMs ?? [0, 0];
  if (min >= 0 && max >= min && Number.isFinite(max)) return;
  throw new ConfigurationError(
    "FAULTS_INVALID",
    `faults.delayMs: give [min, max] in milliseconds, not [${min}, ${max}].`,
  );
}
