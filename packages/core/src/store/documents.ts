/**
 * Documents and checkpoints: what projections keep beside the events. A document is a JSON text under a key in a collection.
 * A checkpoint is a number under a name: how far somebody has come.
 */

export interface Documents {
  /** Those of the keys that are there. */
  read(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** In the order of their keys, by code point. */
  list(collection: string, options?: ListOptions): Promise<readonly StoredDocument[]>;
}

export interface StoreDocuments extends Documents {
  /** Removes all of a collection, piece by piece. Returns how many there were. */
  clear(collection: string): Promise<number>;
}

/**
 * Documents in a transaction. What it has read, another transaction does not change before its end; where that cannot be kept,
 * one of the two rejects with `STORE_CONFLICT` (S19). It sees what it has written.
 */
export interface TransactionDocuments extends Documents {
  /** The last one counts where a key is there twice. */
  write(collection: string, changes: readonly DocumentChange[]): Promise<void>;
}

export interface StoredDocument {
  readonly key: string;
  /** JSON. */
  readonly body: string;
}

export interface DocumentChange {
  readonly key: string;
  /** JSON; undefined removes it. */
  readonly body: string | undefined;
}

export interface ListOptions {
  /** Keys that begin with this only. */
  readonly prefix?: string;
  /** Keys behind this one only. */
  readonly after?: string;
  /** At most so many. Default 1000. */
  readonly limit?: number;
}

export interface Checkpoint {
  readonly name: string;
  readonly position: number;
  /** Milliseconds since the epoch. */
  readonly movedAt: number;
}
