/** Whether a branch of a pattern matches: a walk down the event, in which arrays contribute one object each. */
import type { Branch, FieldBranch, Leaf } from "./ast.js";
import { passes } from "./evaluate-test.js";

/** Arrays within arrays are looked into this deep; what is below counts as missing. */
const deepest = 64;

/**
 * How a branch holds, the stronger way being the greater. The difference matters in arrays: what holds by a value picks
 * out one of the objects, what holds by absence alone must be absent from all of them.
 */
type Holds = number;
const never: Holds = 0;
const byAbsence: Holds = 1;
const byValue: Holds = 2;

export function matchesBranch(branch: Branch, value: unknown): boolean {
  return holds(branch, value) !== never;
}

function holds(branch: Branch, value: unknown): Holds {
  if (!Array.isArray(value)) return holdsWithoutArray(branch, value);
  const leaves: unknown[] = [];
  const objects: object[] = [];
  spread(value, leaves, objects, 0);
  return both(leavesHold(branch.leaves, leaves), fieldsHoldInArray(branch.fields, objects));
}

function holdsWithoutArray(branch: Branch, value: unknown): Holds {
  const leaf = isLeaf(value);
  const object = !leaf && typeof value === "object" && value !== null ? value : undefined;
  return both(leavesHold(branch.leaves, leaf ? [value] : []), fieldsHold(branch.fields, object));
}

/** Every leaf of the branch must hold, by any of the values. */
function leavesHold(leaves: readonly Leaf[], values: readonly unknown[]): Holds {
  return leaves.reduce((soFar, leaf) => both(soFar, leafHolds(leaf, values)), byAbsence);
}

function leafHolds(leaf: Leaf, values: readonly unknown[]): Holds {
  if (values.length === 0) return leaf.absent ? byAbsence : never;
  return values.some((value) => leaf.tests.some((test) => passes(test, value))) ? byValue : never;
}

/** By value in one of the objects, or by absence in all of them. */
function fieldsHoldInArray(fields: readonly FieldBranch[], objects: readonly object[]): Holds {
  if (objects.length === 0) return fieldsHold(fields, undefined);
  const each = objects.map((object) => fieldsHold(fields, object));
  return each.includes(byValue) ? byValue : each.includes(never) ? never : byAbsence;
}

function fieldsHold(fields: readonly FieldBranch[], object: object | undefined): Holds {
  return fields.reduce((soFar, { name, branch }) => both(soFar, holds(branch, own(object, name))), byAbsence);
}

/** Two things hold together by absence only if both do. */
function both(one: Holds, other: Holds): Holds {
  return one === never || other === never ? never : Math.max(one, other);
}

function own(object: object | undefined, name: string): unknown {
  return object !== undefined && Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined;
}

/** The values and the objects of an array, and of the arrays in it. */
function spread(array: readonly unknown[], leaves: unknown[], objects: object[], depth: number): void {
  for (const element of array) {
    if (isLeaf(element)) leaves.push(element);
    else if (!Array.isArray(element)) {
      if (typeof element === "object" && element !== null) objects.push(element);
    } else if (depth < deepest) spread(element, leaves, objects, depth + 1);
  }
}

function isLeaf(value: unknown): boolean {
  if (typeof value === "object") return value === null || ArrayBuffer.isView(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
