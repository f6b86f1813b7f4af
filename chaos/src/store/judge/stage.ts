/**
 * One stage of the way of events: on the broker, or handled by a group. What should have come there is known from the
 * committed rows; what came is held against it.
 */
import type { StoreViolation } from "./evidence.js";

/** An event that should come, after all earlier ones of its key. */
export interface Expected {
  readonly name: string;
  readonly key: string;
  /** Where it is known; else any, but always the same. */
  readonly id?: string;
}

export interface Seen {
  readonly name: string;
  readonly id: string;
}

export interface Stage {
  readonly name: string;
  /** Within each key in order. */
  readonly expected: readonly Expected[];
  /** In the order of coming. */
  readonly seen: readonly Seen[];
  /** Whether one may come again: to the broker it may, the effect of an event is there once. */
  readonly repeats: boolean;
}

export interface StageVerdict {
  readonly stage: string;
  readonly expected: number;
  /** Of the expected ones, each counted once. */
  readonly came: number;
  readonly repeated: number;
  readonly violations: readonly StoreViolation[];
}

export function judgeStage({ name: stage, expected, seen, repeats }: Stage): StageVerdict {
  const places = placesOf(expected);
  const first = new Map<string, Seen>();
  const violations: StoreViolation[] = [];
  /** By key, how far the first ones have come. */
  const reached = new Map<string, Place>();
  let repeated = 0;
  for (const one of seen) {
    const place = places.get(one.name);
    if (place === undefined) {
      violations.push({ promise: "phantom", what: `of no committed row: ${told(one)}` });
      continue;
    }
    const earlier = first.get(one.name);
    const id = place.id ?? earlier?.id ?? one.id;
    if (one.id !== id) violations.push({ promise: "id", what: `should have the id ${id}: ${told(one)}` });
    if (earlier !== undefined) {
      repeated++;
      if (!repeats) violations.push({ promise: "twice", what: told(one) });
      continue;
    }
    first.set(one.name, one);
    const last = reached.get(place.key);
    if (last !== undefined && last.at > place.at)
      violations.push({ promise: "order", what: `came after ${last.name}: ${told(one)}` });
    else reached.set(place.key, place);
  }
  for (const { name } of expected)
    if (!first.has(name)) violations.push({ promise: "lost", what: `never came: ${name}` });
  return { stage, expected: expected.length, came: first.size, repeated, violations };
}

/** Where an event stands among those of its key. */
interface Place extends Expected {
  readonly at: number;
}

function placesOf(expected: readonly Expected[]): ReadonlyMap<string, Place> {
  return new Map(expected.map((one, at) => [one.name, { ...one, at }]));
}

function told({ name, id }: Seen): string {
  return `${name} (${id})`;
}
