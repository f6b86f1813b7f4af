/** What the mesh and a handle know of a projection that runs, wherever its events come from. */
import type { Broker } from "../broker/contract.js";
import type { Clock } from "../clock/clock.js";
import { ConfigurationError } from "../errors/errors.js";
import type { Catalog } from "../schema/catalog.js";
import type { Store } from "../store/contract.js";
import type { Logger } from "../util/logger.js";
import type { Signal } from "../util/signal.js";
import type { ProjectionFailure } from "./failure.js";
import type { Projection } from "./projection.js";
import type { Standing } from "./versions.js";

export interface RunnerParts {
  readonly store: Store;
  readonly broker: Broker;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly service: string;
}

export interface Runner {
  readonly projection: Projection;
  /** The broker's group, where it is from a channel. */
  readonly group: string | undefined;
  /** Notified when it has moved on, and when it stops. */
  readonly moved: Signal;
  readonly failure: ProjectionFailure | undefined;
  readonly state: "new" | "running" | "stopped";
  /** What there is to be done before events are taken. Called once, with the store and the broker open. */
  begin(): Promise<void>;
  start(): void;
  /** Ends what is under way; what has not ended when `deadline` resolves is rolled back. */
  stop(deadline: Promise<void>): Promise<void>;
  /** Of which `hasReached` can tell whether a version has it: all that is there now, or what is up to a position. */
  target(position: number | undefined): Promise<number>;
  hasReached(target: number, version: number, standing: Standing): Promise<boolean>;
}

export function retired({ name, version }: Pick<Projection, "name" | "version">): ConfigurationError {
  return new ConfigurationError(
    "PROJECTION_RETIRED",
    `Version ${version} of projection "${name}" was retired, and its documents are gone. Give it a higher version: that is built anew.`,
  );
}
