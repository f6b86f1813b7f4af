/**
 * The memory broker: the reference for the contract, in this process. A server holds the data and outlives its
 * connections; a broker is one connection of it, for one mesh. It behaves as a broker elsewhere would: nothing arrives
 * in the caller's stack, connections can be cut or killed, and trouble can be asked for (`faults`).
 *
 * How it works, from the bottom: `log` (a channel's messages), `settled` (what a group is done with), `backlog` (which
 * message may go to whom, for each ordering), `group`, `dispatch`, `member` (a subscription), `connection`,
 * `server-state`. Imports: the contract, errors, clock.
 */
import { ConfigurationError } from "../../errors/errors.js";
import { type Duration, durationMs } from "../../util/duration.js";
import type { Broker, DeadLetterShelf, HistoryReader, Inspector } from "../contract.js";
import { MemoryConnection } from "./connection.js";
import type { MemoryFaults } from "./faults.js";
import { ServerState } from "./server-state.js";

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
  /** Beyond this the oldest are removed, settled or not, and the groups that lose some get a "gap" report. Default: none. */
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
  /** How long a dead or cut connection keeps what it holds, in milliseconds or as a duration. Default 10 s. */
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

/**
 * A server that lives in this process, for brokers that share it.
 *
 * @throws ConfigurationError `FAULTS_INVALID` when a probability or a range is none
 * @example
 * const server = memoryServer();
 * const shop = createMesh({ service: "shop", catalog, broker: memoryBroker({ server }) });
 * const audit = createMesh({ service: "audit", catalog, broker: memoryBroker({ server }) });
 * @example memoryServer({ faults: { seed: 7, duplicate: 0.1, crash: 0.01 } })
 */
export function memoryServer(options: MemoryServerOptions = {}): MemoryServer {
  return new ServerState(options);
}

/**
 * A broker in this process: for tests, for development, and for meshes that need none of their data after a restart.
 *
 * @throws ConfigurationError `MEMORY_SERVER_INVALID` when `server` was not made by `memoryServer`
 * @example createMesh({ service: "shop", catalog, broker: memoryBroker() })
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const server = options.server ?? memoryServer();
  if (!(server instanceof ServerState)) {
    throw new ConfigurationError("MEMORY_SERVER_INVALID", "server: give what memoryServer() returned.");
  }
  return new MemoryConnection(server, durationMs(options.leaseMs ?? 10_000, "leaseMs"));
}
