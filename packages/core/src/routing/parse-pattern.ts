/** Reads a pattern: attributes at the top, fields below `data`, `$or` anywhere among them. */
import { isAttributeName } from "../event/attributes.js";
import type { Branch } from "./ast.js";
import { emptyBranch, fieldOf, product } from "./branches.js";
import { parseLeaf } from "./parse-matcher.js";
import { invalid, listAt, objectAt, type Place, within } from "./place.js";

/** The branches of a pattern: it matches where one of them does. */
export function parsePattern(pattern: Readonly<Record<string, unknown>>, place: Place): readonly Branch[] {
  return parseMembers(pattern, place, parseAttribute);
}

/** Throws where CloudEvents has no attribute of this name. */
export function checkAttributeName(name: string, place: Place): void {
  if (name === "data") throw invalid(place, "`data` is no attribute; write a pattern: { data: … }");
  if (!isAttributeName(name)) throw invalid(place, "attribute names are lower-case letters and digits");
}

type ParseMember = (name: string, value: unknown, place: Place) => readonly Branch[];

function parseMembers(
  members: Readonly<Record<string, unknown>>,
  place: Place,
  parseMember: ParseMember,
): readonly Branch[] {
  let branches: readonly Branch[] = [emptyBranch];
  for (const [name, value] of Object.entries(members)) {
    const at = within(place, name);
    const more = name === "$or" ? parseOr(value, at, parseMember) : parseMember(name, value, at);
    branches = product(branches, more, at);
  }
  return branches;
}

function parseOr(value: unknown, place: Place, parseMember: ParseMember): readonly Branch[] {
  return listAt(value, place, "expected a list of patterns").flatMap((member, i) => {
    const at = within(place, i);
    return parseMembers(objectAt(member, at, "expected a pattern"), at, parseMember);
  });
}

function parseAttribute(name: string, value: unknown, place: Place): readonly Branch[] {
  if (name === "data") return parseField(name, value, place);
  checkAttributeName(name, place);
  const matchers = listAt(value, place, 'expected a list of matchers, as in ["a.b", { prefix: "a." }]');
  return fieldOf(name, [{ leaves: [parseLeaf(matchers, place)], fields: [] }]);
}

function parseField(name: string, value: unknown, place: Place): readonly Branch[] {
  const expected = "expected a list of matchers or an object of fields";
  if (Array.isArray(value)) {
    return fieldOf(name, [{ leaves: [parseLeaf(listAt(value, place, expected), place)], fields: [] }]);
  }
  return fieldOf(name, parseMembers(objectAt(value, place, expected), place, parseField));
}
