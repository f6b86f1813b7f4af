/** What a process of a run on a store is started with. */

export const storeRoles = ["writer", "relay", "handler"] as const;
export type StoreRole = (typeof storeRoles)[number];

export const storeNames = ["postgres", "sqlite"] as const;
export type StoreName = (typeof storeNames)[number];

export interface StoreWorkerSettings {
  readonly role: StoreRole;
  readonly name: string;
  /** Where the ledgers are. */
  readonly folder: string;
  readonly seed: number;
  readonly store: StoreName;
  /** URL or path of the database, by way of the process's own fault proxy where there is one. */
  readonly database: string;
  /** URL of the broker. */
  readonly broker: string;
  readonly leaseMs: number;
}
