import { type Broker, type HistoryRequest, isHistoryReader, type WireMessage } from "../broker/contract.js";
import { decode } from "../codec/codec.js";
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Catalog } from "../schema/catalog.js";
import type { Logger } from "../util/logger.js";

/** Where in a channel's history an event stands. */
export interface ReplayPosition {
  readonly channel: string;
  readonly offset: string;
  /** When the broker stored it, in milliseconds since the epoch. */
  readonly storedAt: number;
}

/** What a replay came across. */
export interface ReplayResult {
  /** Handed to the handler. */
  readonly handled: number;
  /** Not wanted by `where`. */
  readonly filtered: number;
  /** No event, not in the catalog, or with data that does not fit its schema; each was logged. */
  readonly unreadable: number;
}

export interface ReplayParts {
  readonly broker: Broker;
  readonly catalog: Catalog;
  readonly logger: Logger;
}

/** Reads a stretch of history in order, one event at a time, without touching any group. */
export async function replayHistory(
  parts: ReplayParts,
  request: HistoryRequest,
  wants: (event: MeshEvent) => boolean,
  handler: (event: MeshEvent, position: ReplayPosition) => unknown,
): Promise<ReplayResult> {
  const { broker } = parts;
  if (!isHistoryReader(broker)) {
    throw new ConfigurationError(
      "CAPABILITY_MISSING",
      `The ${broker.name} broker keeps no history to replay.`,
    );
  }
  const result = { handled: 0, filtered: 0, unreadable: 0 };
  for await (const batch of broker.history(request)) {
    for (const { message, offset, storedAt } of batch) {
      const event = readable(parts, message, offset, wants);
      if (event === undefined) result.unreadable++;
      else if (!wants(event)) result.filtered++;
      else {
        await handler(event, { channel: request.channel, offset, storedAt });
        result.handled++;
      }
    }
  }
  return result;
}

/** The event as handlers would get it. One of a type the catalog does not have is only missed if it is wanted. */
function readable(
  { catalog, logger }: ReplayParts,
  message: WireMessage,
  offset: string,
  wants: (event: MeshEvent) => boolean,
): MeshEvent | undefined {
  try {
    const event = decode(message);
    const entry = catalog.entry(event.type);
    if (entry === undefined && !wants(event)) return event;
    const lifted = entry?.lift(event);
    if (lifted?.ok) return lifted.event;
    logger.warn({ offset, type: event.type }, "replay passed over an event that does not fit the catalog");
  } catch (error) {
    logger.warn({ offset, err: error }, "replay passed over a message that is no event");
  }
  return undefined;
}
