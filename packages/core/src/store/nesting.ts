import { AsyncLocalStorage } from "node:async_hooks";
import { StoreError } from "../errors/errors.js";
import { storeRefusals } from "./refusals.js";

/** Refuses a transaction inside another one of the same store. */
export class Nesting {
  readonly #inside: AsyncLocalStorage<true> = new AsyncLocalStorage();

  /** @throws StoreError `STORE_NESTED` */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside.getStore()) throw storeRefusals.nested();
    return this.#inside.run(true, work);
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
