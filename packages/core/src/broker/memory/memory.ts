/**
 * The memory broker: the reference for the contract, in this process. A server holds the data and outlives its
 * connections; a broker is one connection of it, for one mesh. It behaves as a broker elsewhere would: nothing arrives
 * in the caller's stack, connections can be cut or killed, and trouble can be asked for (`faults`).
 *
 * How it works, from the bottom: `log` (a channel's messages), `ledger` (what a group is done with), `backlog` (which
 * message may go to whom, for each ordering), `group`, `channel`, `member` (a subscription), `server-state`,
 * `connection`. Imports: the contract, errors, clock, util.
 */
import { ConfigurationError } from "../../errors/errors.js";
import { durationMs } from "../../util/duration.js";
import { MemoryConnection } from "./connection.js";
import type { MemoryBroker, MemoryBrokerOptions, MemoryServer, MemoryServerOptions } from "./options.js";
import { ServerState } from "./server-state.js";

/**
 * A server that lives in this process, for brokers that share it.
 *
 * @throws ConfigurationError `FAULTS_INVALID` when a probability or a range is none, `RETENTION_INVALID` when a limit
 * is below 0
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
