import type { Failure } from "../broker/contract.js";
import type { MeshEvent } from "../event/event.js";
import type { PublishOptions } from "../publish/options.js";
import type { Transaction } from "../store/contract.js";
import type { Logger } from "../util/logger.js";

/** What a handler and a middleware know and can do beside the event. */
export interface DeliveryContext {
  /** The group that handles: the service, or service and handler name. */
  readonly group: string;
  readonly channel: string;
  /** The ordering key the event was published with. */
  readonly key: string;
  /** The event's place in its channel, for `from` and `replay`. */
  readonly offset: string;
  /** 1 the first time; counts crashes too. */
  readonly attempt: number;
  /** Why the last attempt failed, when there was one that could say so. */
  readonly lastFailure: Failure | undefined;
  /** The transaction that the handling is part of, where the group is transactional. */
  readonly tx: Transaction | undefined;
  readonly logger: Logger;
  /** Aborts when the handler's time is up or the mesh stops without waiting longer. Hand it to what you call. */
  readonly signal: AbortSignal;
  /**
   * Publishes an event caused by this one. It leaves when the handler has returned, before the delivery is
   * acknowledged; a handler that throws publishes nothing. Ids are derived, so a repeated delivery repeats the ids.
   *
   * @throws EventDataError `EVENT_SCHEMA_MISMATCH`, UnknownTypeError `EVENT_TYPE_UNKNOWN`, InvalidEventError
   * @throws MeshError `CONTEXT_CLOSED` when the handler has already returned, failed or timed out
   */
  publish(type: string, data: unknown, options?: PublishOptions): MeshEvent;
}
