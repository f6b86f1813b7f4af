/** What a process is started with. */
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
