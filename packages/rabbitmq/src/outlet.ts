/** The iterating side of a subscription: hands out what there is, one step at a time. */
import { type Delivery, refusals } from "@meshwright/core/adapter";
import { Signal } from "./signal.js";

export interface OutletParts {
  /** The first step was asked for. */
  begin(): void;
  /** What may be handed out now. */
  take(): readonly Delivery[];
  /** The iteration was left. */
  leave(): Promise<void>;
}

export class Outlet {
  readonly #parts: OutletParts;
  readonly #signal: Signal = new Signal();
  #iterated = false;
  #ended = false;
  /** Whether a step is being waited for. */
  asking = false;

  constructor(parts: OutletParts) {
    this.#parts = parts;
  }

  /** Something may have come to hand out. */
  notify(): void {
    if (this.asking) this.#signal.notify();
  }

  end(): void {
    this.#ended = true;
    this.#signal.notify();
  }

  iterator(): AsyncIterator<readonly Delivery[]> {
    if (this.#iterated) throw refusals.iteratedTwice();
    this.#iterated = true;
    let begun = false;
    return {
      next: async () => {
        if (!begun && !this.#ended) this.#parts.begin();
        begun = true;
        return this.#next();
      },
      return: async () => {
        await this.#parts.leave();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<readonly Delivery[]>> {
    this.asking = true;
    try {
      while (!this.#ended) {
        const seen = this.#signal.version;
        const batch = this.#parts.take();
        if (batch.length > 0) return { done: false, value: batch };
        await this.#signal.wait(seen);
      }
      return { done: true, value: undefined };
    } finally {
      this.asking = false;
    }
  }
}
