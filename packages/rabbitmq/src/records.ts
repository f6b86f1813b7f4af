/** Copies of messages: for another attempt, or onto the shelf. */
import { randomUUID } from "node:crypto";
import type { Failure } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import type { Held } from "./held.js";
import type { Outgoing } from "./outgoing.js";
import { bodyOf, type Carried, carriedBy, copyProperties, readMessage, salvage } from "./wire.js";

export const undecodable: Failure = {
  reason: "undecodable",
  code: "RABBITMQ_ENTRY_UNREADABLE",
  message: "The stored entry is no message: it has neither our headers nor those of a CloudEvent.",
};

/** A copy for a queue. */
export function copyOf(held: Held, queue: string, carried: Carried): Outgoing {
  return { exchange: "", key: queue, body: bodyOf(held.message), properties: copyProperties(held, carried) };
}

/** A copy for a queue of what was delayed. How often it was read while it waited says nothing of its attempts. */
export function dueCopy(message: ConsumeMessage, queue: string): Outgoing {
  const properties = copyProperties(readMessage(message) ?? salvage(message), carriedBy(message));
  return { exchange: "", key: queue, body: message.content, properties };
}

/** Where the dead letters of a member go, and what is to be known of it there. */
export interface ShelfPlace {
  readonly queue: string;
  readonly channel: string;
  readonly group: string;
  readonly ordering: "key" | "none";
}

/** A dead letter. */
export function deadCopy(
  { queue, channel, group, ordering }: ShelfPlace,
  held: Held,
  failure: Failure,
  now: number,
): Outgoing {
  const copy = copyOf(held, queue, { attempt: held.attempt, firstAt: held.firstAt, failure });
  Object.assign(copy.properties.headers, {
    "mw-record": randomUUID(),
    "mw-last": now,
    "mw-channel": channel,
    "mw-group": group,
    "mw-ordering": ordering,
  });
  return copy;
}
