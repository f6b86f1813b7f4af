/** A delivery of an ordered group: where it is from decides what settling it takes. */

import type { Feed } from "./feed.js";
import { Held } from "./held.js";
import type { Carried, Stored } from "./wire.js";

export interface OrderedPlace {
  readonly partition: number;
  readonly source: "main" | "entry";
  /** What others know it by: its offset, or the id of its entry. */
  readonly ref: string;
  readonly seq: number;
  readonly feed: Feed;
  readonly tag: number;
  readonly now: number;
  /** Told when it is acknowledged. */
  readonly acked?: () => void;
}

export class OrderedHeld extends Held {
  readonly partition: number;
  readonly source: "main" | "entry";
  readonly ref: string;
  readonly seq: number;
  /** Tags of the notes that go with it. */
  readonly notes: number[] = [];
  /** Its partition has gone to another leader, who has to be told what becomes of it. */
  moved = false;
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
    this.#acked = at.acked;
  }

  /** Acknowledges it, and what goes with it. */
  ack(): void {
    this.feed.ack(this.place);
    for (const tag of this.notes.splice(0)) this.feed.ack(tag);
    this.#acked?.();
  }
}
