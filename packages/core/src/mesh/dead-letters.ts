import {
  type Broker,
  type DeadLetterRecord,
  type DeadLetterShelf,
  type FailureReason,
  isDeadLetterShelf,
  type WireMessage,
} from "../broker/contract.js";
import { decode } from "../codec/codec.js";
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";

/** An event that a group gave up on. */
export interface DeadLetter {
  /** Names it on its group's shelf. */
  readonly id: string;
  readonly group: string;
  readonly channel: string;
  /** The event, or undefined when its bytes are none. */
  readonly event: MeshEvent | undefined;
  /** As it was published, byte for byte. */
  readonly message: WireMessage;
  readonly reason: FailureReason;
  readonly error: { readonly code: string; readonly message: string };
  readonly attempts: number;
  /** First delivery to the group, and when it was given up; milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Which dead letters, and how many at most. */
export interface DeadLetterQuery {
  readonly where?: (letter: DeadLetter) => boolean;
  readonly limit?: number;
}

export async function* listDeadLetters(broker: Broker, group: string): AsyncGenerator<DeadLetter> {
  for await (const batch of shelfOf(broker).deadLetters({ group })) {
    for (const record of batch) yield toDeadLetter(record);
  }
}

/** Does something with the dead letters a query selects, a batch at a time. Returns how many. */
export async function withDeadLetters(
  broker: Broker,
  group: string,
  query: DeadLetterQuery,
  action: "redrive" | "purge",
): Promise<number> {
  const shelf = shelfOf(broker);
  const ids: string[] = [];
  for await (const letter of listDeadLetters(broker, group)) {
    if (ids.length >= (query.limit ?? Number.POSITIVE_INFINITY)) break;
    if (query.where?.(letter) ?? true) ids.push(letter.id);
  }
  let done = 0;
  for (let i = 0; i < ids.length; i += batchSize) {
    done += await shelf[action]({ group, ids: ids.slice(i, i + batchSize) });
  }
  return done;
}

const batchSize = 500;

function shelfOf(broker: Broker): DeadLetterShelf {
  if (isDeadLetterShelf(broker)) return broker;
  throw new ConfigurationError(
    "CAPABILITY_MISSING",
    `The ${broker.name} broker keeps no dead letters that can be listed. Look at them with the broker's own tools.`,
  );
}

function toDeadLetter(record: DeadLetterRecord): DeadLetter {
  const { id, group, channel, message, attempts, firstAt, lastAt, failure } = record;
  const error = { code: failure.code, message: failure.message };
  return {
    id,
    group,
    channel,
    event: decoded(message),
    message,
    reason: failure.reason,
    error,
    attempts,
    firstAt,
    lastAt,
  };
}

function decoded(message: WireMessage): MeshEvent | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}
