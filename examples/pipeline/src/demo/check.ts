/**
 * The last check: what GitHub was told was taken, against what the audit stored and what each service handled. A pure
 * function over plain data, so that it can be shown to fail (`test/check.test.ts`).
 */
import type { MeshEvent } from "@meshwright/core";
import { type AuditRow, identity } from "../audit/store.js";
import type { JournalLine } from "../service/journal.js";
import { effects, groups } from "./promises.js";

/** An event that must be there, because the delivery it follows from was confirmed. */
export interface Confirmed {
  readonly source: string;
  readonly id: string;
  readonly key: string;
  /** When its delivery was sent first and when it was confirmed, on GitHub's counting clock. */
  readonly began: number;
  readonly confirmed: number;
}

export interface Evidence {
  readonly confirmed: readonly Confirmed[];
  /** In the order in which they were stored. */
  readonly audited: readonly AuditRow[];
  /** In the order in which each group's attempts ended. */
  readonly journal: readonly JournalLine[];
  /** What is on the shelves at the end. */
  readonly dead: readonly { readonly group: string; readonly source: string; readonly id: string }[];
}

export interface Findings {
  /** Confirmed events that are not stored, stored ones that a group did not handle, effects that did not happen. */
  readonly lost: readonly string[];
  /** Events stored twice, effects that happened twice, events that nothing accounts for. */
  readonly duplicated: readonly string[];
  /** Events of one key that were stored or handled in another order than they were published. */
  readonly misordered: readonly string[];
}

export function check(evidence: Evidence): Findings {
  const { confirmed, audited } = evidence;
  const events = audited.map(({ event }) => event);
  const stored = new Set(events.map(identity));
  const dead = new Set(evidence.dead.map((letter) => `${letter.group} ${identity(letter)}`));
  const outcome = effects(events, (event) => dead.has(`scanner ${identity(event)}`));
  return {
    lost: [
      ...confirmed.filter((event) => !stored.has(identity(event))).map((event) => `${name(event)} in audit`),
      ...Object.keys(groups).flatMap((group) => unhandled(group, evidence, dead)),
      ...outcome.filter((effect) => effect.events.length === 0).map(({ what }) => what),
    ],
    duplicated: [
      ...repeated(events.map(identity)).map((id) => `${id} is stored twice`),
      ...outcome.filter((effect) => effect.events.length > 1).map(({ what }) => `${what}, more than once`),
      ...unaccounted(
        events,
        confirmed,
        outcome.flatMap((effect) => effect.events),
      ),
    ],
    misordered: [
      ...misstored(confirmed, audited),
      ...Object.keys(groups).flatMap((group) => mishandled(group, evidence)),
    ],
  };
}

function unhandled(group: string, { audited, journal }: Evidence, dead: ReadonlySet<string>): string[] {
  const handled = new Set(handledBy(group, journal).map(identity));
  return wantedBy(group, audited)
    .filter((event) => !handled.has(identity(event)) && !dead.has(`${group} ${identity(event)}`))
    .map((event) => `${name(event)} in ${group}`);
}

/** Stored, but neither confirmed to GitHub nor the effect of anything. */
function unaccounted(
  events: readonly MeshEvent[],
  confirmed: readonly Confirmed[],
  effectEvents: readonly MeshEvent[],
): string[] {
  const known = new Set([...confirmed, ...effectEvents].map(identity));
  return events.filter((event) => !known.has(identity(event))).map((event) => `${name(event)} has no cause`);
}

/** One delivery was confirmed before the next was sent, and yet the later event was stored first. */
function misstored(confirmed: readonly Confirmed[], audited: readonly AuditRow[]): string[] {
  const sent = new Map(confirmed.map((event) => [identity(event), event]));
  const byKey = new Map<string, Confirmed[]>();
  for (const { event } of audited) {
    const one = sent.get(identity(event));
    if (one !== undefined) byKey.set(one.key, [...(byKey.get(one.key) ?? []), one]);
  }
  return [...byKey.values()].flatMap((inOrder) =>
    inOrder.flatMap((event, index) =>
      inOrder
        .slice(0, index)
        .filter((earlier) => event.confirmed < earlier.began)
        .map((earlier) => `${name(earlier)} is stored before ${name(event)}`),
    ),
  );
}

/** A group handled two events of one key in another order than the audit stored them. */
function mishandled(group: string, { audited, journal }: Evidence): string[] {
  const place = new Map(audited.map(({ event }, index) => [identity(event), index]));
  const latest = new Map<string, number>();
  const seen = new Set<string>();
  const found: string[] = [];
  for (const line of handledBy(group, journal)) {
    const id = identity(line);
    // Handled again after a crash, or published again: only the first time has an order.
    if (seen.has(id)) continue;
    seen.add(id);
    const at = place.get(id) ?? Number.POSITIVE_INFINITY;
    if (at < (latest.get(line.key) ?? -1)) found.push(`${name(line)} was handled late by ${group}`);
    latest.set(line.key, Math.max(at, latest.get(line.key) ?? -1));
  }
  return found;
}

/** The stored events that a group must have handled. */
export function wantedBy(group: string, audited: readonly AuditRow[]): readonly MeshEvent[] {
  return audited.map(({ event }) => event).filter(({ type }) => groups[group]?.(type));
}

export function handledBy(group: string, journal: readonly JournalLine[]): readonly JournalLine[] {
  return journal.filter((line) => line.group === group && line.outcome === "handled");
}

function repeated(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.size === seen.add(id).size);
}

function name({ source, id }: { readonly source: string; readonly id: string }): string {
  return `${source} ${id}`;
}
