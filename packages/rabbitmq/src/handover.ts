/** A partition's journal written anew, so that it stays in order; for the next leader with what this one has read or handed out. */
import type { Dispatch } from "./dispatch.js";
import { holdNote, newId, seatNote } from "./journal.js";
import type { OrderedHeld } from "./ordered-held.js";
import type { Outgoing } from "./outgoing.js";
import type { Seats } from "./seats.js";

export interface Rewritten {
  readonly notes: readonly Outgoing[];
  /** To be acknowledged once the notes are stored. */
  readonly old: readonly OrderedHeld[];
  /** Tags of other notes that have been written anew. */
  readonly tags: readonly number[];
}

interface Journal {
  readonly dispatch: Dispatch;
  readonly seats: Seats;
}

/** All that stands in the journal. */
export function rewritten({ dispatch, seats }: Journal): Rewritten {
  const { heldQueue } = dispatch.parts;
  const { copies, old } = dispatch.rewritten();
  const notes = [...copies];
  const tags: number[] = [...seats.tags];
  for (const [key, item] of dispatch.lanes.all()) {
    if (item.kind !== "hold") continue;
    notes.push(holdNote(heldQueue, item.ref, key, item.seq));
    tags.push(item.tag);
  }
  for (const member of seats.members) notes.push(seatNote(heldQueue, member));
  return { notes, old, tags };
}

/** @param mine - what has been handed out: handlers go on, and the next leader is told what becomes of it; what nobody has seen goes back */
export function handedOver(journal: Journal, mine: readonly OrderedHeld[]): Rewritten {
  const { dispatch } = journal;
  const { heldQueue } = dispatch.parts;
  const unseen = mine.filter(({ seen }) => !seen);
  for (const held of unseen) held.state = "gone";
  const unread = [...dispatch.unread(), ...unseen];
  const { notes, old, tags } = rewritten(journal);
  const copies = unread.map((held) => dispatch.copy(held, newId()));
  const holds: Outgoing[] = [];
  for (const held of mine) {
    if (!held.seen) continue;
    held.moved = true;
    holds.push(holdNote(heldQueue, held.ref, held.message.key, held.seq));
  }
  return { notes: [...notes, ...copies, ...holds], old: [...old, ...unread], tags };
}
