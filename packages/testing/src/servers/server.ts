/**
 * Real servers for tests, as processes of their own: `redisServer`, `rabbitmqServer`, `postgresServer`. Each is found
 * by its environment variable, else started from a local binary on a free port in a temporary folder, else installed
 * first where the system has apt and the rights. Everything listens on the loopback interface only.
 *
 * This file says what a server can do; `owned.ts` and `attached.ts` make one of it. Imports Node's own modules, the
 * errors of core, and waiting.
 */
import type { FaultProxy } from "../proxy/fault-proxy.js";

/**
 * A server that takes connections. One that this process started is its own (`owned`): it can be killed, frozen and
 * restarted, keeps its port and its data over that, and is gone with its folder when it is closed or this process ends,
 * however that happens. One that was found by its environment variable, or that is shared, is only used: whatever
 * concerns its process throws MeshError `SERVER_NOT_OWNED`.
 */
export interface Server extends AsyncDisposable {
  /** Where clients connect to, with user and password. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Whether this process started it, and may do with it as it likes. */
  readonly owned: boolean;
  /** False between `stop` or `kill` and `start`. */
  readonly running: boolean;
  /** Its temporary folder. Undefined for one that is not owned. */
  readonly folder: string | undefined;
  /** Starts it again on its port with its data; resolves when it takes connections. Does nothing while it runs. */
  start(): Promise<void>;
  /** Asks it to end (SIGTERM; PostgreSQL by SIGINT, so that it waits for no client), and resolves when it has. */
  stop(): Promise<void>;
  /** `stop`, then `start`. */
  restart(): Promise<void>;
  /** SIGKILL: no goodbye, nothing flushed. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay and are taken, but nobody answers. */
  pause(): void;
  /** SIGCONT: ends `pause`. */
  resume(): void;
  /** A new fault proxy in front of it. The caller closes it. */
  proxy(): Promise<FaultProxy>;
  /** Ends it at once and removes its folder. One that is not owned is left as it is. */
  close(): Promise<void>;
}
