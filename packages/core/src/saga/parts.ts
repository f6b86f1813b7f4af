import type { Clock } from "../clock/clock.js";
import type { Publisher } from "../publish/publisher.js";
import type { Store } from "../store/contract.js";
import type { Logger } from "../util/logger.js";
import type { Meetings } from "./meetings.js";
import type { Saga } from "./saga.js";

/** What the work on one saga is done with. */
export interface SagaParts {
  /** Its name. */
  readonly saga: string;
  /** Its documents. */
  readonly collection: string;
  readonly meetings: Meetings;
  readonly store: Store;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names this process among those that share the store. */
  readonly me: string;
  /** For so long an instance is with the process that does its steps, unless that renews it. */
  readonly leaseMs: number;
  readonly retentionMs: number;
  readonly patienceMs: number;
  /** The code of a version; undefined where this process does not have it. */
  version(version: number): Saga | undefined;
}
