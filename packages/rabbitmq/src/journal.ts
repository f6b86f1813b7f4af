/**
 * What stands in a partition's `held` queue, the journal of what its leader has set aside:
 *
 * - *entry*: a message that comes again, or waits behind one of its key; a whole copy
 * - *started*: an entry is about to be handed out, so that a crash counts as an attempt
 * - *hold*: a member still holds this message, though it no longer leads the partition
 * - *done*: that member has settled it
 * - *seat*: a member stands in line; who receives one leads the partition
 * - *leaving*: the leader is about to stop reading
 * - *left*: it has gone in good order: all that it had read or handed out is in the journal
 * - *baton*: there is always one; a leader that leaves writes everything anew, and a baton last. Who has it has all of it
 * - *mark*: a leader's own; what was there or written before has been read when it comes
 */
import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import type { Held } from "./held.js";
import type { Outgoing } from "./outgoing.js";
import { bodyOf, type Carried, copyProperties, type Headers, number } from "./wire.js";

export type Note =
  | {
      readonly kind: "entry";
      readonly id: string;
      /** Its place among those of its key; undefined for the end. */
      readonly seq: number | undefined;
      readonly due: number;
      /** What it is a copy of: the offset of a message, or the id of an entry. */
      readonly replaces: string;
    }
  | { readonly kind: "started"; readonly id: string; readonly ref: string }
  | { readonly kind: "hold"; readonly ref: string; readonly key: string; readonly seq: number }
  | { readonly kind: "done"; readonly ref: string }
  | { readonly kind: "seat"; readonly member: string }
  | { readonly kind: "leaving" | "mark"; readonly id: string }
  | { readonly kind: "left"; readonly id: string; readonly passes: number }
  | { readonly kind: "baton" };

export function readNote({ properties }: ConsumeMessage): Note | undefined {
  const headers = (properties.headers ?? {}) as Headers;
  const text = (name: string): string => String(headers[name] ?? "");
  const kind = headers["mw-note"];
  switch (kind) {
    case "entry":
      return {
        kind,
        id: text("mw-entry"),
        seq: number(headers["mw-seq"]),
        due: number(headers["mw-due"]) ?? 0,
        replaces: text("mw-replaces"),
      };
    case "started":
      return { kind, id: text("mw-id"), ref: text("mw-ref") };
    case "hold":
      return { kind, ref: text("mw-ref"), key: text("mw-key"), seq: number(headers["mw-seq"]) ?? 0 };
    case "done":
      return { kind, ref: text("mw-ref") };
    case "seat":
      return { kind, member: text("mw-member") };
    case "baton":
      return { kind };
    case "left":
      return { kind, id: text("mw-id"), passes: number(headers["mw-passes"]) ?? 1 };
    case "leaving":
    case "mark":
      return { kind, id: text("mw-id") };
    default:
      return undefined;
  }
}

export interface EntryPlace {
  readonly id: string;
  readonly seq?: number;
  readonly due?: number;
  readonly replaces?: string;
}

/** A copy of a message for the journal. */
export function entryNote(
  queue: string,
  held: Pick<Held, "message" | "offset">,
  carried: Carried,
  { id, seq, due, replaces }: EntryPlace,
): Outgoing {
  const properties = copyProperties(held, carried);
  Object.assign(properties.headers, { "mw-note": "entry", "mw-entry": id });
  if (seq !== undefined) properties.headers["mw-seq"] = seq;
  if (due) properties.headers["mw-due"] = due;
  if (replaces !== undefined) properties.headers["mw-replaces"] = replaces;
  return { exchange: "", key: queue, body: bodyOf(held.message), properties };
}

export const startedNote = (queue: string, id: string, ref: string): Outgoing =>
  note(queue, { "mw-note": "started", "mw-id": id, "mw-ref": ref });

export const holdNote = (queue: string, ref: string, key: string, seq: number): Outgoing =>
  note(queue, { "mw-note": "hold", "mw-ref": ref, "mw-key": key, "mw-seq": seq });

export const doneNote = (queue: string, ref: string): Outgoing =>
  note(queue, { "mw-note": "done", "mw-ref": ref });

export const seatNote = (queue: string, member: string): Outgoing =>
  note(queue, { "mw-note": "seat", "mw-member": member });

export const leavingNote = (queue: string, id: string): Outgoing =>
  note(queue, { "mw-note": "leaving", "mw-id": id });

/** @param passes - how many in a row left in good order, of whom none reached what nobody was given before */
export const leftNote = (queue: string, id: string, passes: number): Outgoing =>
  note(queue, { "mw-note": "left", "mw-id": id, "mw-passes": passes });

export const batonNote = (queue: string): Outgoing => note(queue, { "mw-note": "baton" });

export const markNote = (queue: string, id: string): Outgoing =>
  note(queue, { "mw-note": "mark", "mw-id": id });

export const newId = (): string => randomUUID();

function note(queue: string, headers: Headers): Outgoing {
  return { exchange: "", key: queue, body: Buffer.alloc(0), properties: { persistent: true, headers } };
}

export type Parsed = readonly [message: ConsumeMessage, note: Note];

/**
 * What counts of a whole journal, and what is over: replaced by something in it, or done. Of two that replace the same, one is
 * of a call that failed and was stored all the same.
 */
export function sifted(all: readonly Parsed[]): {
  readonly alive: readonly Parsed[];
  readonly over: readonly Parsed[];
  /** What is replaced or done. */
  readonly refs: ReadonlySet<string>;
} {
  const refs = new Set<string>();
  const twins = new Set<Note>();
  for (const [, note] of all) {
    if (note.kind === "entry" && note.replaces !== "") {
      if (refs.has(note.replaces)) twins.add(note);
      refs.add(note.replaces);
    } else if (note.kind === "done") refs.add(note.ref);
  }
  const isOver = (note: Note): boolean => {
    if (note.kind === "entry") return twins.has(note) || refs.has(note.id);
    return (note.kind === "hold" || note.kind === "started") && refs.has(note.ref);
  };
  return {
    alive: all.filter(([, note]) => !isOver(note)),
    over: all.filter(([, note]) => isOver(note)),
    refs,
  };
}

/** What a dead leader had not acknowledged comes at once, so only the latest matter. */
export function remember(refs: Set<string>, ref: string): void {
  refs.add(ref);
  const [oldest = ""] = refs;
  if (refs.size > 50_000) refs.delete(oldest);
}
