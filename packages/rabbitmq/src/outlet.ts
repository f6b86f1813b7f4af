/** The iterating side of a subscription: hands out what there is, one step at a time. */
import { batchesOf, type Delivery, refusals, Signal } from "@meshwright/core/adapter";

export interface OutletParts<D extends Delivery> {
  /** The first step was asked for. */
  begin(): void;
  /** What may be handed out now. */
  take(): readonly D[];
  /** What of it may be seen when it is looked at; takes back the rest. */
  look(batch: readonly D[]): readonly D[];
  /** The iteration was left. */
  leave(): Promise<void>;
}

export class Outlet<D extends Delivery> {
  readonly #parts: OutletParts<D>;
  readonly #signal: Signal = new Signal();
  #iterated = false;
  #ended = false;
  /** Whether a step is being waited for. */
  asking = false;

  constructor(parts: OutletParts<D>) {
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
    return batchesOf({
      next: () => {
        if (!begun && !this.#ended) this.#parts.begin();
        begun = true;
        return this.#next();
      },
      look: (batch) => this.#parts.look(batch),
      close: () => this.#parts.leave(),
    });
  }

  async #next(): Promise<readonly D[] | undefined> {
    this.asking = true;
    try {
      while (!this.#ended) {
        const seen = this.#signal.version;
        const batch = this.#parts.take();
        if (batch.length > 0) return batch;
        await this.#signal.wait(seen);
      }
      return undefined;
    } finally {
      this.asking = false;
    }
  }
}
