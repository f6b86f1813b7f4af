import type { Delivery } from "./contract.js";

/** Where the batches of a subscription come from. */
export interface BatchSource<D extends Delivery> {
  /** The next batch, or undefined when the subscription has ended. */
  next(): Promise<readonly D[] | undefined>;
  /**
   * What of a batch may still be seen, asked in the very moment the caller looks at it: between that and `next` it may have
   * given something back that comes before it (B5). What is left out is the source's to put back.
   */
  look(batch: readonly D[]): readonly D[];
  close(): Promise<void>;
}

/** The iterator of a subscription; to leave the loop is to close it. */
export function batchesOf<D extends Delivery>(source: BatchSource<D>): AsyncIterator<readonly Delivery[]> {
  return {
    next: async () => {
      const batch = await source.next();
      return batch ? new Arrival(source, batch) : { value: undefined, done: true };
    },
    return: async () => {
      await source.close();
      return { value: undefined, done: true };
    },
  };
}

/** A batch that knows when it is looked at. */
class Arrival<D extends Delivery> {
  readonly done: false = false;
  readonly #source: BatchSource<D>;
  readonly #batch: readonly D[];
  #seen: readonly D[] | undefined;

  constructor(source: BatchSource<D>, batch: readonly D[]) {
    this.#source = source;
    this.#batch = batch;
  }

  get value(): readonly Delivery[] {
    this.#seen ??= this.#source.look(this.#batch);
    return this.#seen;
  }
}
