/** The refusals that all stores share, in the same words. */
import { ConfigurationError, StoreError } from "../errors/errors.js";
import type { ExpectedVersion } from "./streams.js";

export interface StoreRefusals {
  notOpen(): StoreError;
  closed(): StoreError;
  nested(): StoreError;
  conflict(cause: unknown): StoreError;
  leaseLost(): StoreError;
  ended(): StoreError;
  noTransaction(): StoreError;
  foreign(): ConfigurationError;
  notHeld(): StoreError;
  otherDatabase(cause?: unknown): StoreError;
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
  foreign: () =>
    new ConfigurationError(
      "TX_FOREIGN",
      "The transaction is not one that this can be done in. Outside of handlers take one of the same store; inside leave `tx` out of ctx.publish.",
    ),
  notHeld: () =>
    new StoreError(
      "STORE_CHECKPOINT_NOT_HELD",
      "A checkpoint was moved that this transaction does not hold; it was not moved. Await tx.hold before, and do nothing where it is undefined.",
      { retryable: false },
    ),
  otherDatabase: (cause) =>
    new StoreError(
      "STORE_OTHER_DATABASE",
      "What was enlisted is in a transaction of another database than the store; nothing was stored. Enlist a transaction of the store's own.",
      { retryable: false, ...(cause === undefined ? {} : { cause }) },
    ),
  leaseLost: () =>
    new StoreError(
      "STORE_LEASE_LOST",
      "The rows were with this relay for longer than the lease and have gone to another one. They may be published twice.",
      { retryable: false },
    ),
};

export const streamRefusals = {
  conflict: (stream: string, expected: ExpectedVersion, found: number): StoreError =>
    new StoreError(
      "STREAM_CONFLICT",
      `Stream "${stream}" is at version ${found}, not ${expected}; nothing was appended. Read it again and decide anew, as mesh.execute does.`,
      { retryable: true },
    ),
  repeated: (stream: string): StoreError =>
    new StoreError(
      "STREAM_EVENT_REPEATED",
      `Some of the events are in stream "${stream}" already, or twice among those given; nothing was appended. Append the same events in the same order again, or new ones only.`,
      { retryable: false },
    ),
  unreadable: (stream: string, version: number, cause: unknown): StoreError =>
    new StoreError(
      "STREAM_EVENT_UNREADABLE",
      `Version ${version} of stream "${stream}" is no event any more: it was changed in the database. Bring its row back from a backup.`,
      { retryable: false, cause },
    ),
  nameInvalid: (): StoreError =>
    new StoreError(
      "STREAM_NAME_INVALID",
      "A stream's name has 1 to 512 characters, none of them a control character or half of a surrogate pair.",
      { retryable: false },
    ),
  versionInvalid: (): StoreError =>
    new StoreError(
      "STREAM_VERSION_INVALID",
      'The version that is expected is a whole number, 0 for a stream that does not exist yet, or "any".',
      { retryable: false },
    ),
} as const;
