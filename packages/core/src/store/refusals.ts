/** The refusals that all stores share, in the same words. */
import { StoreError } from "../errors/errors.js";

export interface StoreRefusals {
  notOpen(): StoreError;
  closed(): StoreError;
  nested(): StoreError;
  conflict(cause: unknown): StoreError;
  leaseLost(): StoreError;
  ended(): StoreError;
  noTransaction(): StoreError;
}

export const storeRefusals: StoreRefusals = {
  notOpen: () =>
    new StoreError(
      "STORE_NOT_OPEN",
      "The store is not open. Start the mesh it belongs to, or await store.open().",
      {
        retryable: false,
      },
    ),
  closed: () =>
    new StoreError("STORE_CLOSED", "The store is closed. A new mesh needs a new store.", {
      retryable: false,
    }),
  nested: () =>
    new StoreError(
      "STORE_NESTED",
      "A transaction was begun inside another one of the same store, which could wait for it for ever. Use the `tx` you have.",
      { retryable: false },
    ),
  conflict: (cause) =>
    new StoreError(
      "STORE_CONFLICT",
      "Another transaction changed the same at the same time; nothing was done. Do it again, or pass `retries`.",
      { retryable: true, cause },
    ),
  ended: () =>
    new StoreError(
      "STORE_TX_ENDED",
      "A transaction was used after its end; nothing was done. Await everything that the work does with it.",
      { retryable: false },
    ),
  noTransaction: () =>
    new StoreError(
      "STORE_NO_TRANSACTION",
      "What was enlisted is in no transaction; nothing was stored. Run BEGIN before, and COMMIT or ROLLBACK after.",
      { retryable: false },
    ),
  leaseLost: () =>
    new StoreError(
      "STORE_LEASE_LOST",
      "The rows were with this relay for longer than the lease and have gone to another one. They may be published twice.",
      { retryable: false },
    ),
};
