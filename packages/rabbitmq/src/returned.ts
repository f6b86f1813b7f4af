/**
 * What comes back of a leader that died. Until all of it has come nothing is handed out: something of a key in the journal may be
 * later than what comes back. Of one that died while it was leaving, what was on its way when it cancelled its consumer went back
 * to the server then, and what it had only when it died: so the later comes first, and is put in the order of offsets.
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
  /** Of whom something may come back: of nobody, of a leader that died, of one that was leaving. */
  readonly after: "nobody" | "death" | "leaving";
  take(message: ConsumeMessage, acked: () => void): void;
  /** There may be something to hand out. */
  ready(): void;
}

export class Returned {
  readonly #parts: ReturnedParts;
  #collected: Arrival[] = [];
  #isOver: boolean;

  constructor(parts: ReturnedParts) {
    this.#parts = parts;
    this.#isOver = parts.after === "nobody";
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  add(message: ConsumeMessage, acked: () => void): void {
    // Nobody was given it before: all that comes back has come.
    if (!message.fields.redelivered) this.end();
    if (this.#isOver) this.#parts.take(message, acked);
    else this.#collected.push({ message, acked });
  }

  /** From now on it may come. */
  async begin(): Promise<void> {
    const { clock, prefetch } = this.#parts;
    const look = () => ({ open: this.#collected.length, arrivals: this.#collected.length });
    await quiet(clock, prefetch, look, allHasComeMs);
    this.end();
  }

  /** Passes on what there is. What comes from now on is in order. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { after, take, ready } = this.#parts;
    for (const { message, acked } of after === "leaving" ? sorted(this.#collected) : this.#collected)
      take(message, acked);
    this.#collected = [];
    ready();
  }

  /** Forgets it: its channel is gone. */
  drop(): void {
    this.#isOver = true;
    this.#collected = [];
  }
}

function sorted(all: readonly Arrival[]): readonly Arrival[] {
  const placed = all.map((one) => ({ one, place: placeOf(offsetOf(one.message)) }));
  placed.sort(({ place: a }, { place: b }) => a.ms - b.ms || a.count - b.count);
  return placed.map(({ one }) => one);
}

function offsetOf(message: ConsumeMessage): string {
  return (readMessage(message) ?? salvage(message)).offset;
}
