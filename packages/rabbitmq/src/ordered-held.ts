/** A delivery of an ordered group: where it is from decides what settling it takes. */

import type { ConsumeMessage } from "amqplib";
import type { Feed } from "./feed.js";
import { Held } from "./held.js";
import { type Carried, readCarried, type Stored, serverCount } from "./wire.js";

interface Arrived {
  readonly partition: number;
  /** What others know it by: its offset, or the id of its entry. */
  readonly ref: string;
  readonly seq: number;
  readonly feed: Feed;
  readonly now: number;
}

interface OrderedPlace extends Arrived {
  readonly source: "main" | "entry";
  readonly tag: number;
  /** Tags of the notes that go with it. */
  readonly notes: number[] | undefined;
  /** Told when it is acknowledged. */
  readonly acked: (() => void) | undefined;
}

export class OrderedHeld extends Held {
  readonly partition: number;
  readonly source: "main" | "entry";
  readonly ref: string;
  readonly seq: number;
  /** Tags of the notes that go with it: of an entry. */
  readonly notes: number[] | undefined;
  /** Its partition has gone to another leader, who has to be told what becomes of it. */
  moved = false;
  /** The entry that its key waits for, of a retry or a release. */
  awaited = "";
  /** The caller has it, and not only the iteration. */
  seen = false;
  /** Of an entry: where it stands in the journal's channel now; it changes when the entry is refreshed. */
  place: number;
  readonly #acked: (() => void) | undefined;

  constructor(stored: Stored, carried: Carried, at: OrderedPlace) {
    super(stored, carried, at);
    this.partition = at.partition;
    this.source = at.source;
    this.ref = at.ref;
    this.seq = at.seq;
    this.place = at.tag;
    this.notes = at.notes;
    this.#acked = at.acked;
  }

  /** Acknowledges it, and what goes with it. */
  ack(): void {
    this.feed.ack(this.place);
    for (const tag of this.notes?.splice(0) ?? []) this.feed.ack(tag);
    this.#acked?.();
  }
}

/** Of the main queue. */
export function heldMain(
  message: ConsumeMessage,
  stored: Stored,
  { partition, ref, seq, feed, now }: Arrived,
  acked: () => void,
): OrderedHeld {
  const tag = message.fields.deliveryTag;
  // Spelled out: this is done for every message.
  const place = { partition, ref, seq, feed, now, source: "main", tag, notes: undefined, acked } as const;
  return new OrderedHeld(stored, readCarried(message), place);
}

/**
 * Of the journal. How often the server has delivered it says nothing: what counts is how often it was started.
 *
 * @param starts - tags of the notes that say so
 */
export function heldEntry(
  message: ConsumeMessage,
  stored: Stored,
  { starts, wasHeld, ...at }: Arrived & { readonly starts: readonly number[]; readonly wasHeld: boolean },
): OrderedHeld {
  const { attempt: counted, ...carried } = readCarried(message);
  const attempt = counted - serverCount(message) + Math.max(starts.length, wasHeld ? 1 : 0);
  const place: OrderedPlace = {
    ...at,
    source: "entry",
    tag: message.fields.deliveryTag,
    notes: [...starts],
    acked: undefined,
  };
  return new OrderedHeld(stored, { ...carried, attempt }, place);
}
