/** Reads a filter: tells the spellings apart, checks, and gives back the normal form. */
import type { DialectName, FilterNode } from "./ast.js";
import { FilterError } from "./filter-error.js";
import { checkAttributeName, parsePattern } from "./parse-pattern.js";
import { invalid, listAt, objectAt, type Place, rootPlace, within } from "./place.js";

/**
 * @param filter - a filter of any spelling, from code or from JSON
 * @throws FilterError where it cannot be right; `path` says where in it
 */
export function parseFilter(filter: unknown): FilterNode {
  return parseNode(filter, rootPlace());
}

type Dialects = Readonly<Record<DialectName, (value: unknown, place: Place) => FilterNode>>;

const dialects: Dialects = {
  exact: (value, place) => parseAttributes("exact", value, place),
  prefix: (value, place) => parseAttributes("prefix", value, place),
  suffix: (value, place) => parseAttributes("suffix", value, place),
  all: (value, place) => ({ kind: "all", of: parseList(value, place) }),
  any: (value, place) => ({ kind: "any", of: parseList(value, place) }),
  not: (value, place) => ({ kind: "not", of: parseNode(value, place) }),
  sql: (_value, place) => {
    throw new FilterError(
      "FILTER_DIALECT_UNSUPPORTED",
      place.path,
      "the dialect `sql` is not supported; write a pattern",
    );
  },
};

function parseNode(filter: unknown, place: Place): FilterNode {
  if (typeof filter === "function") return { kind: "predicate", test: filter as () => boolean };
  const object = objectAt(filter, place, "expected a dialect, a pattern or a function");
  const keys = Object.keys(object);
  const name = keys.find(isDialect);
  if (name === undefined) return { kind: "pattern", branches: parsePattern(object, place) };
  if (keys.length === 1) return dialects[name](object[name], within(place, name));
  throw invalid(
    place,
    `\`${name}\` is a dialect and must be the only key; combine filters with \`all\`, and name an attribute of that name inside \`exact\` or \`$or\``,
  );
}

function isDialect(key: string): key is DialectName {
  return Object.hasOwn(dialects, key);
}

function parseList(value: unknown, place: Place): readonly FilterNode[] {
  return listAt(value, place, "expected a list of filters").map((filter, i) =>
    parseNode(filter, within(place, i)),
  );
}

function parseAttributes(op: "exact" | "prefix" | "suffix", value: unknown, place: Place): FilterNode {
  const attributes = objectAt(value, place, "expected an object of attribute names and strings");
  const of = Object.entries(attributes).map(([name, text]): FilterNode => {
    const at = within(place, name);
    checkAttributeName(name, at);
    if (typeof text !== "string" || text === "") {
      throw invalid(at, "expected a string that is not empty; write integers and booleans as text");
    }
    return { kind: "attribute", name, op, value: text };
  });
  return of.length === 1 && of[0] !== undefined ? of[0] : { kind: "all", of };
}
