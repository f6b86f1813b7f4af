/**
 * The store contract: transactions, an outbox and an inbox, and what they promise. Everything the mesh does with a
 * database is built on this file; an adapter is an implementation of it that `testStore` in `@meshwright/testing` has
 * proven. This file imports nothing but plain types of the layers below.
 *
 * Words. A *store* is a connection to a database that a service already has. A *transaction* spans the service's own
 * writes and the mesh's: both are there, or neither. The *outbox* holds messages of committed transactions until a
 * *relay* has published them. A row of it is *with* a relay from `take` until `end`, or until that relay is given up for
 * dead. The *inbox* remembers what a group has handled.
 *
 * The guarantees. Each is a file of the conformance kit.
 *
 * - **S1** When `transaction` resolves, all that was done in it is stored as durably as the manifest says: the caller's
 *   own writes through `client`, outbox rows, claims. When the work rejects, or the process dies, nothing of it is.
 * - **S2** Every outbox row of a committed transaction is given to a relay, in whatever order transactions begin and
 *   end; no row of another.
 * - **S3** Rows of one key are given out in the order of their commits: those of one transaction as they were appended,
 *   and those of a transaction that began when another had committed after that one's. While a row is with a relay, no
 *   later one of its key is with another.
 * - **S4** A row is with one relay at a time. When that dies, or is silent for longer than the lease, the row is given to
 *   another; a late `end` rejects with `STORE_LEASE_LOST` and changes nothing.
 * - **S5** What was ended as published is never given out again. What was ended as refused stands on the outbox's shelf,
 *   with the cause, until it is restored or removed. The rest is given out again, in its place.
 * - **S6** `claim` answers true for one committed transaction of each group, source and id, also when several try at the
 *   same time. A claim of a transaction that did not commit counts for nothing.
 * - **S7** `pruneInbox` removes what was claimed before a time, and nothing later.
 * - **S8** A transaction that lost against another rejects with `STORE_CONFLICT`, `retryable`, and has done nothing.
 * - **S9** A drained outbox is empty: what was published takes no space for good. `backlog` tells how much waits.
 * - **S10** Every field of a message and every byte of its body comes back as it went in.
 * - **S11** Stores with different prefixes in one database do not see each other.
 * - **S12** Restarts of the database and cut connections are survived without help; what was under way rejects or
 *   resolves, nothing committed is lost. After `close` every call rejects with `STORE_CLOSED`.
 * - **S13** What is in the database and does not fit (no tables, an older or a newer version of them) makes `open` reject
 *   with a `StoreError` that says what to do. Nothing is migrated unasked.
 * - **S14** The versions of a stream are 1, 2, 3 and so on. An append is there as a whole, with its transaction, or not at all.
 *   Of several that expect the same version one succeeds; the others reject with `STREAM_CONFLICT`.
 * - **S15** An append of events that are all in the stream already, one after the other, resolves with where they are and writes
 *   nothing, whatever version it expects. Where only some are, or in another order, it rejects with `STREAM_EVENT_REPEATED`.
 * - **S16** What is read of a stream are the events that were appended, every attribute and all data, in the order of versions.
 * - **S17** The log has every committed event at one position: 1, 2, 3 and so on. What has been read up to a position stays so:
 *   nothing comes to stand at or before it later, however long a transaction was open. A stream's events are in the order of
 *   their versions, and those of a transaction that began when another had committed come after that one's.
 * - **S18** Reading by category or types gives what is wanted of the log, in its order, and nothing else.
 * - **S19** A checkpoint is held by one transaction at a time, and moves with it or not at all. Documents are written with their
 *   transaction or not at all, and no change gets lost under another that had read the same.
 * - **S20** What sagas need holds together: they go on over waits, timers and the death of processes, and miss nothing.
 */
import type { WireMessage } from "../broker/contract.js";
import type { Cancel, Clock } from "../clock/clock.js";
import type { Logger } from "../util/logger.js";
import type { Checkpoint, StoreDocuments, TransactionDocuments } from "./documents.js";
import type { LogAccess } from "./log.js";
import type { Streams } from "./streams.js";

/**
 * A connection to a database, for one mesh. Opened once, closed once.
 *
 * @typeParam Client - what the database's own driver offers inside a transaction
 */
export interface Store<Client = unknown> {
  /** The adapter's name, for logs and errors: "memory", "sqlite", "postgres". */
  readonly name: string;
  readonly capabilities: StoreCapabilities;
  readonly outbox: Outbox;
  readonly streams: Streams<Transaction>;
  readonly documents: StoreDocuments;
  /** Connects and checks what is there (S13). */
  open(context: StoreContext): Promise<void>;
  /**
   * Runs work in a transaction and commits it; rolls back when the work rejects, and rejects with the same error (S1).
   *
   * @param work - runs again after a conflict, if `retries` allows: it must do nothing that a rollback does not undo
   * @throws StoreError `STORE_CONFLICT` (S8), `STORE_NESTED` inside another transaction of this store, `STORE_CLOSED`
   */
  transaction<T>(work: (tx: Transaction<Client>) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Forgets what was claimed before a time, in milliseconds since the epoch (S7). Returns how many. */
  pruneInbox(before: number): Promise<number>;
  /** The checkpoints whose names begin so, by name. */
  checkpoints(prefix: string): Promise<readonly Checkpoint[]>;
  /** Waits for transactions under way, then disconnects from what it opened itself (S12). A second call does nothing. */
  close(): Promise<void>;
}

export interface StoreCapabilities {
  /** What was committed survives the end of every process, the database's own included. */
  readonly durable: boolean;
  /** Who can share it: one process, one machine, or a network. */
  readonly reach: "process" | "machine" | "network";
  /** Several transactions may be under way at a time; else each waits for the one before it. */
  readonly concurrent: boolean;
}

export interface StoreContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface TransactionOptions {
  /** How often the work runs again after `STORE_CONFLICT`. Default 0. */
  readonly retries?: number;
}

/**
 * A transaction under way: of `Store.transaction`, or one that the caller has begun and enlisted. When the work of
 * `Store.transaction` has ended, every call rejects with `STORE_TX_ENDED`.
 */
export interface Transaction<Client = unknown> {
  /** Whose it is: a mesh takes the transactions of its own store only. */
  readonly store: Store<Client>;
  /** The driver's own client, inside this transaction. */
  readonly client: Client;
  /** Adds rows to the outbox, in order. */
  append(rows: readonly OutboxRow[]): Promise<void>;
  /** Whether this is the first time that this group handles this event (S6). */
  claim(claim: Claim): Promise<boolean>;
  readonly documents: TransactionDocuments;
  /** What `Streams` works with in this transaction. */
  readonly log: LogAccess;
  /**
   * Takes hold of a checkpoint until the end of this transaction, and tells where it is: 0 where it is new. Resolves with
   * undefined when another transaction holds it (S19), where several are under way at a time; else that one has been waited for.
   */
  hold(checkpoint: string): Promise<number | undefined>;
  /**
   * Moves a checkpoint that this transaction holds.
   *
   * @throws StoreError `STORE_CHECKPOINT_NOT_HELD`
   */
  move(checkpoint: string, position: number): Promise<void>;
}

export interface Claim {
  readonly group: string;
  /** What names the event: its source and id. */
  readonly source: string;
  readonly id: string;
}

/** A message to be published, and on which channel. */
export interface OutboxRow {
  readonly channel: string;
  readonly message: WireMessage;
}

/** A row that waits: `place` names it, and grows within a key. */
export interface WaitingRow extends OutboxRow {
  readonly place: string;
}

export interface Outbox {
  /**
   * Takes rows that nobody has, at most so many, in order within each key (S2, S3). Resolves with undefined when there
   * is nothing to take now.
   */
  take(limit: number): Promise<OutboxBatch | undefined>;
  /** Calls back, soon, when rows may have been committed, also by other processes where the store can tell. */
  watch(changed: () => void): Cancel;
  /** How much waits, for health checks: cheap, however much it is (S9). */
  backlog(): Promise<OutboxBacklog>;
  /** What was refused, oldest first. */
  refused(): Promise<readonly RefusedRow[]>;
  /** Puts refused rows back into the outbox, behind all that is there. Returns how many. */
  restore(places: readonly string[]): Promise<number>;
  /** Removes refused rows for good. Returns how many. */
  remove(places: readonly string[]): Promise<number>;
}

/** Numbers up to 10,000, which stands for that many or more. */
export interface OutboxBacklog {
  /** Rows that are committed and not published, those that are with relays too. */
  readonly rows: number;
  /** For how long the oldest of them has been in the outbox, in milliseconds; undefined where there is none. */
  readonly oldestMs: number | undefined;
  /** Rows on the shelf. */
  readonly refused: number;
}

/** Rows that are with one relay. It is ended once. */
export interface OutboxBatch {
  readonly rows: readonly WaitingRow[];
  /**
   * Says what became of the rows; those that are not named wait again (S5).
   *
   * @throws StoreError `STORE_LEASE_LOST` (S4)
   */
  end(outcome: BatchOutcome): Promise<void>;
}

export interface BatchOutcome {
  readonly published: readonly string[];
  readonly refused?: readonly Refusal[];
}

/** The broker will never take this row. */
export interface Refusal {
  readonly place: string;
  readonly code: string;
  readonly message: string;
}

export interface RefusedRow extends WaitingRow {
  readonly code: string;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly refusedAt: number;
}
