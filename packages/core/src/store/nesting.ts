import { AsyncLocalStorage } from "node:async_hooks";
import { StoreError } from "../errors/errors.js";
import { storeRefusals } from "./refusals.js";

/** One for all: each storage that was ever used makes every promise of the process dearer, also when its store is closed. */
const entered: AsyncLocalStorage<ReadonlySet<Nesting>> = new AsyncLocalStorage();

/** Refuses a transaction inside another one of the same store. */
export class Nesting {
  /** @throws StoreError `STORE_NESTED` */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.requireOutside();
    return entered.run(new Set(entered.getStore()).add(this), work);
  }

  /**
   * For work in which no other begins: it need not be remembered.
   *
   * @throws StoreError `STORE_NESTED`
   */
  requireOutside(): void {
    if (entered.getStore()?.has(this)) throw storeRefusals.nested();
  }
}

/** Runs it again after a conflict, so many times. */
export async function withRetries<T>(retries: number, work: () => Promise<T>): Promise<T> {
  for (let left = retries; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || !isConflict(error)) throw error;
    }
  }
}

const conflicts: ReadonlySet<string> = new Set(["STORE_CONFLICT", "STREAM_CONFLICT"]);

/** Doing it all again may succeed. */
export function isConflict(error: unknown): boolean {
  return error instanceof StoreError && conflicts.has(error.code);
}
