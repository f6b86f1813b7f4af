/**
 * The service's own database: its tables, and how its code writes to them. The rows in them are what a run is judged by: what
 * is there was committed, and nothing else.
 */
import type { Store, Transaction } from "@meshwright/core";

/** A row of the service's own, and the ids of the events that tell of it, in order. */
export interface OwnRow {
  readonly name: string;
  readonly key: string;
  /** From 1, without gaps within a key. */
  readonly number: number;
  readonly ids: readonly string[];
}

/** What a group did about an event. Nothing in the database keeps it from doing so twice. */
export interface Effect {
  readonly group: string;
  readonly source: string;
  readonly id: string;
  readonly name: string;
}

/** What the service's code does inside of transactions. */
export interface Tables {
  /** The next number of a key. Until the transaction ends nobody else gets one. */
  next(client: unknown, key: string): Promise<number>;
  insert(client: unknown, row: OwnRow): Promise<void>;
  effect(client: unknown, effect: Effect): Promise<void>;
}

export interface Records {
  readonly rows: readonly OwnRow[];
  /** In the order in which they were written. */
  readonly effects: readonly Effect[];
}

export interface Service {
  /** Opened and closed by a mesh, or by who reads. */
  readonly store: Store;
  readonly tables: Tables;
  /** Runs work in a transaction that the service begins and ends itself, where its code does so. */
  readonly enlisted?: (work: (tx: Transaction) => Promise<void>) => Promise<void>;
  /** Whether a row is there, when the transaction that wrote it must be over. @param key - the row's */
  isThere(row: string, key: string): Promise<boolean>;
  /** Makes the service's tables and the store's, on a store that is not open yet. */
  migrate(): Promise<void>;
  /** How many rows wait in the outbox. */
  waiting(): Promise<number>;
  records(): Promise<Records>;
  /** After the store. */
  close(): Promise<void>;
}

/** Of a commit that was not answered: all of it was done, or nothing. */
export const commitUnknown = "POSTGRES_COMMIT_UNKNOWN";
