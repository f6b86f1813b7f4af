/** What a member was handed, and how it settles it. */
import type { Delivery, Failure, WireMessage } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import type { Feed } from "./feed.js";
import { storedAt } from "./offsets.js";
import { type Carried, readCarried, type Stored } from "./wire.js";

export class Held implements Delivery {
  readonly message: WireMessage;
  attempt: number;
  readonly offset: string;
  readonly lastFailure?: Failure;
  /** First delivery to the group, in milliseconds since the epoch. */
  readonly firstAt: number;
  readonly tag: number;
  readonly feed: Feed;
  /** "waiting": not handed out yet. "settling": a settlement is under way. */
  state: "waiting" | "held" | "settling" | "gone" = "waiting";

  constructor(stored: Stored, carried: Carried, place: { tag: number; feed: Feed; now: number }) {
    this.message = stored.message;
    this.offset = stored.offset;
    this.attempt = carried.attempt;
    if (carried.failure) this.lastFailure = carried.failure;
    this.firstAt = carried.firstAt ?? place.now;
    this.tag = place.tag;
    this.feed = place.feed;
  }

  get storedAt(): number {
    return storedAt(this.offset);
  }

  /** What a copy carries that counts so many attempts and, for a retry, why. */
  carried(attempt: number, failure: Failure | undefined = this.lastFailure): Carried {
    return { attempt, firstAt: this.firstAt, ...(failure ? { failure } : {}) };
  }
}

export function heldFrom(stored: Stored, message: ConsumeMessage, feed: Feed, now: number): Held {
  return new Held(stored, readCarried(message), { tag: message.fields.deliveryTag, feed, now });
}
