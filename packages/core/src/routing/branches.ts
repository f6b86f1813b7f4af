/** The branches of a pattern: joining what is said of one place in several parts of it. */
import type { Branch, FieldBranch } from "./ast.js";
import { FilterError } from "./filter-error.js";
import type { Place } from "./place.js";

/** A pattern that multiplies out to more is refused; EventBridge has the same limit. */
const most = 1_000;

export const emptyBranch: Branch = { leaves: [], fields: [] };

/** The branches, one level up: as those of the object that holds the field. */
export function fieldOf(name: string, branches: readonly Branch[]): readonly Branch[] {
  return branches.map((branch) => ({ leaves: [], fields: [{ name, branch }] }));
}

/** Every branch of the one joined with every branch of the other. */
export function product(some: readonly Branch[], others: readonly Branch[], place: Place): readonly Branch[] {
  if (some.length * others.length > most) {
    throw new FilterError(
      "FILTER_TOO_COMPLEX",
      place.path,
      `the \`$or\`s multiply out to more than ${most} branches; split the filter with \`any\``,
    );
  }
  return some.flatMap((one) => others.map((other) => join(one, other)));
}

function join(one: Branch, other: Branch): Branch {
  const fields = new Map(one.fields.map((field): [string, FieldBranch] => [field.name, field]));
  for (const { name, branch } of other.fields) {
    const known = fields.get(name);
    fields.set(name, { name, branch: known === undefined ? branch : join(known.branch, branch) });
  }
  return { leaves: [...one.leaves, ...other.leaves], fields: [...fields.values()] };
}
