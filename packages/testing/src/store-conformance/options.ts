import type { Store } from "@meshwright/core/adapter";

/** One database of a case's own, as a store's author offers it to the kit. */
export interface StoreWorld<Client = unknown> {
  /** A new, unopened store. Called several times: all must reach the same database, with the same prefix. */
  create(): Store<Client>;
  /** Another prefix in the same database, set up as the first. */
  elsewhere?(): Store<Client>;
  /** Writes a row of the service's own, in the transaction of this client. */
  write(client: Client, key: string, value: string): Promise<void>;
  /** Reads it, outside of any transaction; undefined when there is none. */
  read(key: string): Promise<string | undefined>;
  /** Ends a client's connection as the death of its process would. */
  abandon?(client: Client): void | Promise<void>;
  /**
   * Reads and changes the row of this key so that of two transactions that do it at the same time one is refused. It
   * resolves when the other may go on; the refusal may also come at the commit.
   */
  conflict?(client: Client, key: string): Promise<void>;
  /** Restarts the database. */
  restart?(): Promise<void>;
  /** Stores that `open` must refuse, by what does not fit (S13). */
  readonly misfits?: Readonly<Record<string, () => Store<Client>>>;
  /** How many rows the outbox takes now. */
  rowsLeft?(): Promise<number>;
  /** Removes the database. */
  dispose?(): Promise<void>;
}

/** What an author tells the kit about a store. Only `world` and `leaseMs` are always needed. */
export interface StoreConformanceOptions<Client = unknown> {
  /** Heading of the suite; default "store conformance". */
  readonly name?: string;
  /** Makes an empty database. Called for every case. */
  world(): Promise<StoreWorld<Client>> | StoreWorld<Client>;
  /** The lease that the stores are made with, in milliseconds. Short: cases wait for it. */
  readonly leaseMs: number;
  /** How long to wait for something to happen, in milliseconds. Default 20,000. */
  readonly deadlineMs?: number;
  /** Cases not to run, by id, each with the reason. */
  readonly skip?: Readonly<Record<string, string>>;
}
