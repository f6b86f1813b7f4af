/**
 * What comes back of a leader that died while it was leaving. What was on its way when it cancelled its consumer went back to the
 * server then, and what it had only when it died: so the later comes first. It is collected, and put in the order of offsets.
 */
import type { Clock } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { placeOf } from "./offsets.js";
import { quiet } from "./quiet.js";
import { readMessage, salvage } from "./wire.js";

/** All of it is in the queue, and comes at once. */
const allHasComeMs = 50;

interface Arrival {
  readonly message: ConsumeMessage;
  /** To be called once it is acknowledged. */
  acked(): void;
}

export interface ReturnedParts {
  readonly clock: Clock;
  /** How many messages there can be at most. */
  readonly prefetch: number;
  take(message: ConsumeMessage, acked: () => void): void;
}

export class Returned {
  readonly #parts: ReturnedParts;
  #collected: Arrival[] = [];
  #isOver = false;

  constructor(parts: ReturnedParts) {
    this.#parts = parts;
  }

  add(message: ConsumeMessage, acked: () => void): void {
    // Nobody was given it before: all that comes back has come.
    if (!message.fields.redelivered) this.end();
    if (this.#isOver) this.#parts.take(message, acked);
    else if (this.#collected.push({ message, acked }) === 1) void this.#wait();
  }

  /** Passes on what there is. What comes from now on is in order. */
  end(): void {
    this.#isOver = true;
    const all = this.#collected.map((one) => ({ ...one, place: placeOf(offsetOf(one.message)) }));
    this.#collected = [];
    all.sort(({ place: one }, { place: other }) => one.ms - other.ms || one.count - other.count);
    for (const { message, acked } of all) this.#parts.take(message, acked);
  }

  /** Forgets it: its channel is gone. */
  drop(): void {
    this.#isOver = true;
    this.#collected = [];
  }

  async #wait(): Promise<void> {
    const { clock, prefetch } = this.#parts;
    const look = () => ({ open: this.#collected.length, arrivals: this.#collected.length });
    await quiet(clock, prefetch, look, allHasComeMs);
    if (!this.#isOver) this.end();
  }
}

function offsetOf(message: ConsumeMessage): string {
  return (readMessage(message) ?? salvage(message)).offset;
}
