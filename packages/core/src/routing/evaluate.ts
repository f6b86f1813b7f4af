/** Whether an event matches a filter: the normal form, evaluated as it reads. */
import type { MeshEvent } from "../event/event.js";
import type { FilterNode } from "./ast.js";
import { matchesBranch } from "./evaluate-branch.js";
import { FilterError } from "./filter-error.js";

/** Told why a predicate failed, or why an event could not be looked into. */
export type OnFilterError = (error: unknown) => void;

/** Never throws. What fails is false where it stands, so `not` of it is true. */
export function evaluate(node: FilterNode, event: MeshEvent, onError: OnFilterError): boolean {
  switch (node.kind) {
    case "all":
      return node.of.every((one) => evaluate(one, event, onError));
    case "any":
      return node.of.some((one) => evaluate(one, event, onError));
    case "not":
      return !evaluate(node.of, event, onError);
    default:
      try {
        return matches(node, event);
      } catch (error) {
        report(error, onError);
        return false;
      }
  }
}

type Condition = Extract<FilterNode, { kind: "attribute" | "pattern" | "predicate" }>;

function matches(node: Condition, event: MeshEvent): boolean {
  switch (node.kind) {
    case "attribute":
      return matchesAttribute(node, event);
    case "pattern":
      return node.branches.some((branch) => matchesBranch(branch, event));
    case "predicate":
      return checkedResult(node.test(event));
  }
}

function matchesAttribute(node: Extract<FilterNode, { kind: "attribute" }>, event: MeshEvent): boolean {
  const text = attributeText(event, node.name);
  if (text === undefined) return false;
  switch (node.op) {
    case "exact":
      return text === node.value;
    case "prefix":
      return text.startsWith(node.value);
    case "suffix":
      return text.endsWith(node.value);
  }
}

/** The canonical string of an attribute (CloudEvents 1.0.2 section 3.1): of integers the digits, of booleans the word. */
function attributeText(event: MeshEvent, name: string): string | undefined {
  if (!Object.hasOwn(event, name)) return undefined;
  const value: unknown = Reflect.get(event, name);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function checkedResult(result: unknown): boolean {
  if (typeof result === "boolean") return result;
  throw new FilterError(
    "FILTER_PREDICATE_RESULT",
    "",
    `a predicate returned ${typeof result}, not a boolean`,
  );
}

/** An observer that throws must not make an event undeliverable. */
function report(error: unknown, onError: OnFilterError): void {
  try {
    onError(error);
  } catch {
    // There is nobody left to tell.
  }
}
