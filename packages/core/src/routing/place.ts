/** Where the reader stands in a filter, and what it may still spend. */
import { FilterError } from "./filter-error.js";

/** Deeper nesting is refused; so is a filter that contains itself. */
const deepest = 64;
/** More objects and lists than this in one filter are refused. The values of a list do not count. */
const largest = 10_000;

export interface Place {
  /** JSON pointer into the filter. */
  readonly path: string;
  readonly depth: number;
  /** Shared by all places of one filter. */
  readonly budget: { left: number };
}

export function rootPlace(): Place {
  return { path: "", depth: 0, budget: { left: largest } };
}

/** The place of a member. Throws `FILTER_TOO_COMPLEX` where the filter goes too deep or grows too large. */
export function within(place: Place, key: string | number): Place {
  const path = `${place.path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const depth = place.depth + 1;
  if (depth > deepest)
    throw new FilterError("FILTER_TOO_COMPLEX", path, `nested deeper than ${deepest} levels`);
  if (--place.budget.left < 0) {
    throw new FilterError("FILTER_TOO_COMPLEX", path, `more than ${largest} objects and lists in one filter`);
  }
  return { path, depth, budget: place.budget };
}

export function invalid(place: Place, reason: string): FilterError {
  return new FilterError("FILTER_INVALID", place.path, reason);
}

/** The value as an object with keys; else an error that says what was expected. */
export function objectAt(value: unknown, place: Place, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(place, expected);
  if (Object.keys(value).length === 0) throw invalid(place, `${expected}, not an empty one`);
  return value as Readonly<Record<string, unknown>>;
}

/** The value as a list with members; else an error that says what was expected. */
export function listAt(value: unknown, place: Place, expected: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(place, expected);
  if (value.length === 0) throw invalid(place, `${expected}, not an empty one`);
  return value;
}
