/** Copies of messages: for another attempt, or onto the shelf. */
import { randomUUID } from "node:crypto";
import type { Failure } from "@meshwright/core/adapter";
import type { Held } from "./held.js";
import type { Outgoing } from "./outgoing.js";
import { bodyOf, type Carried, copyProperties } from "./wire.js";

export const undecodable: Failure = {
  reason: "undecodable",
  code: "RABBITMQ_ENTRY_UNREADABLE",
  message: "The stored entry is no message: it has neither our headers nor those of a CloudEvent.",
};

/** A copy for a queue. */
export function copyOf(held: Held, queue: string, carried: Carried): Outgoing {
  return { exchange: "", key: queue, body: bodyOf(held.message), properties: copyProperties(held, carried) };
}

export interface ShelfPlace {
  readonly queue: string;
  readonly channel: string;
  readonly group: string;
}

/** A dead letter. */
export function deadCopy(
  { queue, channel, group }: ShelfPlace,
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
  });
  return copy;
}
