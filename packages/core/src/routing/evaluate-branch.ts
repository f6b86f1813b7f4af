/** Whether a branch of a pattern matches: a walk down the event, in which arrays contribute one object each. */
import type { Branch, FieldBranch, Leaf } from "./ast.js";
import { passes } from "./evaluate-test.js";

/** Arrays within arrays are looked into this deep; what is below counts as missing. */
const deepest = 64;

/**
 * In which ways a branch holds; none, one or both. The difference matters in arrays: what holds by a value picks out
 * one of the objects, what holds by absence alone must be absent in all of them.
 */
type Ways = number;
const never: Ways = 0;
const byAbsence: Ways = 1;
const byValue: Ways = 2;

export function matchesBranch(branch: Branch, value: unknown): boolean {
  return waysOf(branch, value) !== never;
}

function waysOf(branch: Branch, value: unknown): Ways {
  if (!Array.isArray(value)) return waysOfOne(branch, value);
  const leaves: unknown[] = [];
  const objects: object[] = [];
  spread(value, leaves, objects, 0);
  return both(waysOfLeaves(branch.leaves, leaves), waysOfObjects(branch.fields, objects));
}

function waysOfOne(branch: Branch, value: unknown): Ways {
  const leaf = isLeaf(value);
  const object = !leaf && typeof value === "object" && value !== null ? value : undefined;
  return both(waysOfLeaves(branch.leaves, leaf ? [value] : []), waysOfFields(branch.fields, object));
}

/** Every leaf of the branch must hold, by any of the values. */
function waysOfLeaves(leaves: readonly Leaf[], values: readonly unknown[]): Ways {
  return leaves.reduce((ways, leaf) => both(ways, waysOfLeaf(leaf, values)), byAbsence);
}

function waysOfLeaf(leaf: Leaf, values: readonly unknown[]): Ways {
  if (values.length === 0) return leaf.absent ? byAbsence : never;
  return values.some((value) => leaf.tests.some((test) => passes(test, value))) ? byValue : never;
}

/** Some object holds by value, or all of them by absence. */
function waysOfObjects(fields: readonly FieldBranch[], objects: readonly object[]): Ways {
  if (objects.length === 0) return waysOfFields(fields, undefined);
  const each = objects.map((object) => waysOfFields(fields, object));
  return (
    (each.reduce((some, ways) => some | ways) & byValue) |
    (each.reduce((all, ways) => all & ways) & byAbsence)
  );
}

function waysOfFields(fields: readonly FieldBranch[], object: object | undefined): Ways {
  return fields.reduce((ways, { name, branch }) => both(ways, waysOf(branch, own(object, name))), byAbsence);
}

/** Two things hold together: by absence if both do so, by value if one of them does. */
function both(one: Ways, other: Ways): Ways {
  if (one === never || other === never) return never;
  return (one & other & byAbsence) | ((one | other) & byValue);
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
