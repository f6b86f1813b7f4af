import type { Duration } from "../../util/duration.js";
import type { Broker, DeadLetterShelf, HistoryReader, Inspector } from "../contract.js";
import type { MemoryFaults } from "./faults.js";

export interface MemoryServerOptions {
  readonly retention?: MemoryRetention;
  /** Seeded trouble; none by default. */
  readonly faults?: MemoryFaults;
}

/** What a channel keeps. Messages that an existing group has not settled are kept in any case (B17). */
export interface MemoryRetention {
  /** Settled messages are kept for replay and "earliest" up to this many in the channel. Default 100,000. */
  readonly maxMessages?: number;
  /** And up to this total length of bodies (bytes, or UTF-16 units of text). Default 64 MiB. */
  readonly maxBytes?: number;
  /** And no longer than this, in milliseconds. Default: no limit. */
  readonly maxAgeMs?: number;
  /** Beyond this the oldest are removed, settled or not, and groups that lose some get a "gap" report. Default: none. */
  readonly hardLimit?: { readonly maxMessages: number };
}

/** The data and the connections of memory brokers that share it. */
export interface MemoryServer {
  /**
   * Behaves like a restart: every connection is cut, pending publishes reject with some of their messages stored, what
   * was held is delivered again with `attempt` one higher, and the connections come back by themselves. Resolves then.
   */
  restart(): Promise<void>;
  /** Cuts every connection, until `heal`. See `MemoryBroker.cut`. */
  cut(): void;
  heal(): void;
}

export interface MemoryBrokerOptions {
  /** The server to connect to. Default: a new one of its own. */
  readonly server?: MemoryServer;
  /**
   * How long a dead or cut connection keeps what it holds, as a duration. Default 10 s: longer than a pause of the
   * process, short enough to wait for.
   */
  readonly leaseMs?: Duration;
}

/** A connection to a memory server. */
export interface MemoryBroker extends Broker, HistoryReader, DeadLetterShelf, Inspector {
  /**
   * Makes it die as a killed process would: nothing is given back, pending calls reject, iterations end. What it held is
   * delivered to others when its lease runs out, with `attempt` one higher.
   */
  crash(): void;
  /**
   * Cuts the network between this connection and the server. Until `heal`, calls reject with the retryable
   * `BROKER_UNAVAILABLE`, and subscriptions wait; after its lease, what it held is delivered to others.
   */
  cut(): void;
  heal(): void;
}
