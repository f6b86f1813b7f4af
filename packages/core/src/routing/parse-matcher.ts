/** Reads the list of matchers of one field. */
import type { Leaf, Test, TextTest } from "./ast.js";
import { parseCidr } from "./cidr.js";
import type { Scalar } from "./operators.js";
import { parseRange } from "./parse-range.js";
import { invalid, objectAt, type Place, within } from "./place.js";
import { fold, parseWildcard } from "./text.js";

/** The list, read: equal values in one set, `{ exists: false }` as permission to be absent. */
export function parseLeaf(matchers: readonly unknown[], place: Place): Leaf {
  const values = new Set<Scalar>();
  const tests: Test[] = [];
  let absent = false;
  for (const [i, matcher] of matchers.entries()) {
    if (isScalar(matcher)) values.add(matcher);
    else {
      const test = parseMatcher(matcher, within(place, i));
      if (test === undefined) absent = true;
      else tests.push(test);
    }
  }
  return { absent, tests: values.size > 0 ? [{ op: "in", values }, ...tests] : tests };
}

type Parse = (operand: unknown, place: Place) => Test | undefined;

const textOperators: Readonly<Record<string, (operand: unknown, place: Place) => TextTest>> = {
  prefix: (operand, place) => parseAffix("prefix", operand, place),
  suffix: (operand, place) => parseAffix("suffix", operand, place),
  "equals-ignore-case": parseIgnoreCase,
  wildcard: (operand, place) => ({ op: "wildcard", parts: parseWildcard(textAt(operand, place), place) }),
};

const operators: Readonly<Record<string, Parse>> = {
  ...textOperators,
  "anything-but": parseAnythingBut,
  numeric: parseRange,
  cidr: (operand, place) => parseCidr(textAt(operand, place), place),
  exists: parseExists,
};

/** Finite numbers only: no event carries another one. */
function isScalar(value: unknown): value is Scalar {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

function parseMatcher(matcher: unknown, place: Place): Test | undefined {
  const [name, operand] = operatorAt(matcher, place, operators);
  return operators[name]?.(operand, within(place, name));
}

/** The one key of a matcher and its value. */
function operatorAt(
  matcher: unknown,
  place: Place,
  known: Readonly<Record<string, unknown>>,
): [string, unknown] {
  const object = objectAt(
    matcher,
    place,
    "expected a string, a finite number, a boolean, null or an operator",
  );
  const [[name, operand] = ["", undefined], ...others] = Object.entries(object);
  if (others.length > 0) throw invalid(place, "expected one operator; a list means any of its members");
  if (Object.hasOwn(known, name)) return [name, operand];
  throw invalid(within(place, name), `no such operator here; there are ${Object.keys(known).join(", ")}`);
}

function parseExists(operand: unknown, place: Place): Test | undefined {
  if (typeof operand !== "boolean") throw invalid(place, "expected true or false");
  return operand ? { op: "present" } : undefined;
}

function parseAffix(op: "prefix" | "suffix", operand: unknown, place: Place): TextTest {
  if (typeof operand !== "object" || operand === null) {
    return { op, value: textAt(operand, place), ignoreCase: false };
  }
  const [name, text] = operatorAt(operand, place, { "equals-ignore-case": true });
  return { op, value: fold(textAt(text, within(place, name))), ignoreCase: true };
}

function parseIgnoreCase(operand: unknown, place: Place): TextTest {
  if (typeof operand !== "string") throw invalid(place, "expected a string");
  return { op: "equal", value: fold(operand), ignoreCase: true };
}

function parseAnythingBut(operand: unknown, place: Place): Test {
  const members = operandsAt(operand, place);
  if (members.every(isScalar)) return { op: "not", tests: [{ op: "in", values: new Set(members) }] };
  if (Array.isArray(operand)) {
    throw invalid(
      place,
      "expected strings, finite numbers, booleans or null; a text operator takes the list inside it",
    );
  }
  const [name, texts] = operatorAt(operand, place, textOperators);
  const at = within(place, name);
  const tests = operandsAt(texts, at).map((text, i) => {
    const test = textOperators[name]?.(text, Array.isArray(texts) ? within(at, i) : at);
    return test as TextTest;
  });
  return { op: "not", tests };
}

function operandsAt(operand: unknown, place: Place): readonly unknown[] {
  if (!Array.isArray(operand)) return [operand];
  if (operand.length === 0) throw invalid(place, "expected a list that is not empty");
  return operand;
}

function textAt(value: unknown, place: Place): string {
  if (typeof value !== "string") throw invalid(place, "expected a string");
  if (value === "")
    throw invalid(place, "an empty string would match every string; say { exists: true } if that is meant");
  return value;
}
