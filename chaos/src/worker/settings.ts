/** What a process is started with, and what it says to the one that started it. */
import type { BrokerName } from "../targets/brokers.js";

export type Role = "publisher" | "consumer";

export interface WorkerSettings {
  readonly role: Role;
  readonly name: string;
  /** Where the ledgers are. */
  readonly folder: string;
  readonly seed: number;
  readonly broker: BrokerName;
  /** URL or path, by way of the process's own fault proxy where there is one. */
  readonly address: string;
  readonly leaseMs: number;
}

/** Asked of a process: to stop in good order, or to answer "alive" when it has next done its work. */
export type Order = "stop" | "alive?";
export type Answer = "ready" | "alive";
