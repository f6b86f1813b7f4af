import type { StoreName } from "../store/settings.js";

export const sagaRole = "worker";
export type SagaRole = typeof sagaRole;

/** What a process of a run of sagas is started with. */
export interface SagaWorkerSettings {
  readonly role: SagaRole;
  readonly name: string;
  /** Where the ledgers are. */
  readonly folder: string;
  readonly seed: number;
  readonly store: StoreName;
  /** URL or path of the database, by way of the process's own fault proxy where there is one. */
  readonly database: string;
  /** URL of the broker. */
  readonly broker: string;
}

/** Of sagas: the least there is. */
export const sagaLeaseMs = 5_000;

/** Of the store's relay and of the broker's groups. */
export const otherLeaseMs = 2_000;
