import type { Clock } from "../clock/clock.js";
import type { Middleware } from "../consume/middleware.js";
import type { PublishMiddleware } from "../publish/publisher.js";
import type { Logger } from "../util/logger.js";

/** What a plugin learns when the mesh starts. */
export interface PluginContext {
  readonly service: string;
  readonly namespace: string;
  readonly broker: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Something that wraps every publish, every handling, or both: tracing, policy, metrics. Plugins wrap in the order
 * given, the first outermost, around everything added with `mesh.use`.
 */
export interface Plugin {
  readonly name: string;
  readonly publish?: PublishMiddleware;
  readonly consume?: Middleware;
  /** Called before the broker is opened; rejecting stops the start. */
  start?(context: PluginContext): Promise<void> | void;
  /** Called after the broker was closed. */
  stop?(): Promise<void> | void;
}
