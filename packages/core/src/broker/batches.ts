import type { Delivery } from "./contract.js";

/** Where the batches of a subscription come from. */
export interface BatchSource {
  /** The next batch, or undefined when the subscription has ended. */
  next(): Promise<readonly Delivery[] | undefined>;
  close(): Promise<void>;
}

/** The iterator of a subscription; to leave the loop is to close it. */
export function batchesOf({ next, close }: BatchSource): AsyncIterator<readonly Delivery[]> {
  return {
    next: async () => {
      const value = await next();
      return value ? { value, done: false } : { value: undefined, done: true };
    },
    return: async () => {
      await close();
      return { value: undefined, done: true };
    },
  };
}
