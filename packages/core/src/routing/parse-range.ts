/** Reads the operand of `numeric`. */
import type { Test } from "./ast.js";
import { invalid, type Place, within } from "./place.js";

type Range = Extract<Test, { op: "range" }>;

const all: Range = {
  op: "range",
  low: Number.NEGATIVE_INFINITY,
  lowIncluded: true,
  high: Number.POSITIVE_INFINITY,
  highIncluded: true,
};

const bounds: Readonly<Record<string, (value: number) => Partial<Range>>> = {
  ">": (low) => ({ low, lowIncluded: false }),
  ">=": (low) => ({ low, lowIncluded: true }),
  "<": (high) => ({ high, highIncluded: false }),
  "<=": (high) => ({ high, highIncluded: true }),
};

/** One comparison, or a lower and an upper bound in either order. */
export function parseRange(operand: unknown, place: Place): Test {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw invalid(place, 'expected one or two comparisons, as in [">=", 7] or [">", 0, "<=", 5]');
  }
  const first = numberAt(operand, 1, place);
  if (operand[0] === "=") {
    if (operand.length === 4) throw invalid(place, "`=` stands alone");
    return { ...all, low: first, high: first };
  }
  const range = { ...all, ...boundAt(operand, 0, place)(first) };
  if (operand.length === 2) return range;
  const other = boundAt(operand, 2, place)(numberAt(operand, 3, place));
  if ("low" in other === (range.low !== all.low)) throw invalid(place, "expected a lower and an upper bound");
  return notEmpty({ ...range, ...other }, place);
}

function boundAt(operand: readonly unknown[], i: number, place: Place): (value: number) => Partial<Range> {
  const name = operand[i];
  const bound = typeof name === "string" && Object.hasOwn(bounds, name) ? bounds[name] : undefined;
  if (bound === undefined) throw invalid(within(place, i), "expected one of =, <, <=, >, >=; = stands alone");
  return bound;
}

function numberAt(operand: readonly unknown[], i: number, place: Place): number {
  const value = operand[i];
  if (typeof value !== "number" || !Number.isFinite(value))
    throw invalid(within(place, i), "expected a finite number");
  return value;
}

function notEmpty(range: Range, place: Place): Range {
  const point = range.low === range.high && range.lowIncluded && range.highIncluded;
  if (range.low < range.high || point) return range;
  throw invalid(place, "no number is in this range");
}
