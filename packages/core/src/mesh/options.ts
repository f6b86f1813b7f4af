import type { Broker, StartPosition } from "../broker/contract.js";
import type { Clock } from "../clock/clock.js";
import type { Unhandleable } from "../consume/consumer.js";
import type { RetryPolicy } from "../consume/retry.js";
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { ClaimCheck } from "../publish/claim-check.js";
import type { Filter } from "../routing/filter.js";
import type { Catalog } from "../schema/catalog.js";
import type { Store } from "../store/contract.js";
import type { Duration } from "../util/duration.js";
import type { Logger } from "../util/logger.js";
import type { Plugin } from "./plugin.js";

export interface SagaSettings {
  /**
   * For so long an instance is with the process that does its steps, which renews it. When that process dies, another goes on
   * after this time. Default "30s", at least "5s".
   */
  readonly lease?: Duration;
  /** How often a process looks for timers and for what others have left, at least. Default "1s". */
  readonly poll?: Duration;
}

export interface MeshOptions<C extends Catalog, Client = unknown> {
  /** Names the service: its events' source is "/" and this name, its default consumer group is this name. */
  readonly service: string;
  /** Which events exist; see `defineCatalog`. */
  readonly catalog: C;
  /** What carries the events. The mesh opens it at start and closes it at stop; it belongs to this mesh alone. */
  readonly broker: Broker;
  /**
   * The database of the service, for transactional publishing and handling. The mesh opens it at start and closes it at
   * stop; it belongs to this mesh alone.
   */
  readonly store?: Store<Client>;
  /** Whether this mesh publishes what is in the store's outbox; one somewhere has to. Default true. */
  readonly relay?: boolean;
  /** How sagas share their work with other processes. */
  readonly sagas?: SagaSettings;
  /** Isolates environments, tenants and preview deployments on one broker. Default "default". */
  readonly namespace?: string;
  /** Wrapped around every publish and every handling, the first outermost. */
  readonly plugins?: readonly Plugin[];
  /** pino-shaped. Default: silent. */
  readonly logger?: Logger;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /**
   * How events are written: "structured" is one JSON text and the faster; "binary" puts the attributes into headers
   * and the data alone into the body. Both are always read. Default "structured".
   */
  readonly mode?: "structured" | "binary";
  /** The largest encoded event in bytes. Larger ones go through `dataref`, or are refused. Default 1 MiB. */
  readonly maxEventBytes?: number;
  /** Where payloads go that are too large to travel. */
  readonly dataref?: ClaimCheck;
  /** An event that a pattern matches but the catalog does not have. Default "deadLetter". */
  readonly unknownType?: Unhandleable;
  /** An event whose `expirytime` has passed. "skip" acknowledges and counts it. Default "deadLetter". */
  readonly expired?: Unhandleable;
  /** Names this mesh in the hop lists of bridges. Default: broker name and namespace. */
  readonly domain?: string;
}

/**
 * How a handler is registered. `ordering`, `concurrency`, `prefetch`, `retry`, `from` and `transactional` belong to its
 * group.
 */
export interface HandlerOptions<E = MeshEvent> {
  /** Gives the handler a group of its own, "<service>.<name>": own place, own retries, own dead letters. */
  readonly name?: string;
  /** Only events this filter matches; others are acknowledged and counted. */
  readonly where?: Filter<Extract<E, MeshEvent>>;
  /** "key": events of one key one at a time, in publish order. "none": no order. Default "key". */
  readonly ordering?: "key" | "none";
  /** How many events are handled at a time in this process. Default 16. */
  readonly concurrency?: number;
  /**
   * How many more may wait in memory. Default: as many as `concurrency`. Events of one key wait here for each other, so
   * where few keys have long queues a larger number lets other keys in.
   */
  readonly prefetch?: number;
  /** Default: 2 at once, then after 1s, 10s, 1m and 10m, then the dead letters. */
  readonly retry?: RetryPolicy;
  /** Where a new group begins; an existing one goes on where it was. Default "latest". */
  readonly from?: From;
  /**
   * Handles each event in a transaction of the mesh's store, `ctx.tx`: what the handler writes through it, what it
   * publishes, and that the event was handled, is committed together, once for each event however often it is delivered.
   * After a conflict with another transaction the handler runs again. Default false.
   */
  readonly transactional?: boolean;
  /** How long one call of the handler may take; the attempt then fails and `ctx.signal` aborts. Default: no limit. */
  readonly timeout?: Duration;
}

export interface ForwardOptions {
  /** Default: the channel of its definition. Needed for types that the catalog does not have. */
  readonly channel?: string;
  /** Ordering key. Default: as for `publish`. */
  readonly key?: string;
  readonly delay?: Duration;
}

export interface ReplayRequest<E extends MeshEvent = MeshEvent> {
  readonly channel: string;
  /** The first event to read, or the first stored at or after a time. */
  readonly from: Exclude<From, "latest">;
  /** Up to here, excluded. Default: what is stored when the replay begins. */
  readonly to?: Exclude<From, string>;
  readonly where?: Filter<E>;
}

/** `StartPosition` with times as people have them: RFC 3339, a Date, or milliseconds since the epoch. */
export type From =
  | "latest"
  | "earliest"
  | { readonly time: string | number | Date }
  | { readonly offset: string };

/** The contract's start position for what a user wrote. */
export function startPosition(from: From): StartPosition {
  if (typeof from === "string" || "offset" in from) return from;
  return { time: millis(from.time) };
}

/** @throws ConfigurationError `TIME_INVALID` */
export function millis(time: string | number | Date): number {
  const ms = typeof time === "number" ? time : new Date(time).getTime();
  if (Number.isFinite(ms)) return ms;
  throw new ConfigurationError(
    "TIME_INVALID",
    `"${String(time)}" is no point in time. Give RFC 3339, a Date, or milliseconds.`,
  );
}
