/** Whether one value of the event passes a test. */
import type { Test, TextTest } from "./ast.js";
import { isInBlock } from "./cidr.js";
import type { Scalar } from "./operators.js";
import { fold, matchesWildcard } from "./text.js";

export function passes(test: Test, value: unknown): boolean {
  switch (test.op) {
    case "present":
      return true;
    case "in":
      return test.values.has(value as Scalar);
    case "not":
      return !test.tests.some((inner) => passes(inner, value));
    case "range":
      return typeof value === "number" && isInRange(test, value);
    case "cidr":
      return typeof value === "string" && isInBlock(value, test.words, test.bits);
    default:
      return typeof value === "string" && passesText(test, value);
  }
}

function isInRange(range: Extract<Test, { op: "range" }>, value: number): boolean {
  const above = range.lowIncluded ? value >= range.low : value > range.low;
  return above && (range.highIncluded ? value <= range.high : value < range.high);
}

function passesText(test: TextTest, value: string): boolean {
  if (test.op === "wildcard") return matchesWildcard(test.parts, value);
  const text = test.ignoreCase ? fold(value) : value;
  if (test.op === "equal") return text === test.value;
  return test.op === "prefix" ? text.startsWith(test.value) : text.endsWith(test.value);
}
