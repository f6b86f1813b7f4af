/**
 * What a filter means, said in another way than the library says it: as event-ruler does, by flattening the event into a
 * list of fields that know which array elements they are in, and by trying all choices of fields. Slow and simple.
 */
import { BlockList, isIPv4, isIPv6 } from "node:net";

type Json = Readonly<Record<string, unknown>>;

export function modelMatches(filter: unknown, event: object): boolean {
  if (typeof filter === "function") return filter(event) === true;
  const [[key, value] = ["", undefined]] = Object.entries(filter as Json);
  const each = (): boolean[] => (value as unknown[]).map((inner) => modelMatches(inner, event));
  if (key === "all") return !each().includes(false);
  if (key === "any") return each().includes(true);
  if (key === "not") return !modelMatches(value, event);
  if (key === "exact" || key === "prefix" || key === "suffix")
    return attributesFit(key, value as Json, event as Json);
  const fields = flatten(event, [], new Map());
  return alternatives(filter as Json, []).some((conditions) => satisfiable(conditions, fields, new Map()));
}

function attributesFit(how: "exact" | "prefix" | "suffix", wanted: Json, event: Json): boolean {
  return Object.entries(wanted).every(([name, text]) => {
    const actual = event[name];
    return actual !== undefined && textFits(how, String(text), String(actual));
  });
}

function textFits(how: string, text: string, actual: string): boolean {
  if (how === "exact") return actual === text;
  return how === "prefix"
    ? actual.slice(0, text.length) === text
    : text === "" || actual.slice(-text.length) === text;
}

/** Which element of which array a field is in. */
type Membership = ReadonlyMap<object, number>;

interface Field {
  readonly path: string;
  readonly value: unknown;
  readonly within: Membership;
}

function flatten(
  value: unknown,
  path: readonly string[],
  within: Membership,
  inArrays: Membership = within,
): Field[] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null) return [{ path: path.join("\n"), value, within }];
  if (Array.isArray(value)) {
    return value.flatMap((inner, i) => flatten(inner, path, within, new Map([...inArrays, [value, i]])));
  }
  return Object.entries(value).flatMap(([name, inner]) => flatten(inner, [...path, name], inArrays));
}

interface Condition {
  readonly path: string;
  /** Undefined: the field is absent. */
  readonly matchers: readonly unknown[] | undefined;
}

/** The lists of conditions of which one must be satisfied. */
function alternatives(pattern: Json, path: readonly string[]): readonly (readonly Condition[])[] {
  const parts = Object.entries(pattern).map(([name, value]) => {
    if (name === "$or") return (value as Json[]).flatMap((inner) => alternatives(inner, path));
    const at = [...path, name];
    return Array.isArray(value) ? leafAlternatives(value, at.join("\n")) : alternatives(value as Json, at);
  });
  return parts.reduce<readonly (readonly Condition[])[]>(
    (all, part) => all.flatMap((one) => part.map((other) => [...one, ...other])),
    [[]],
  );
}

function leafAlternatives(list: readonly unknown[], path: string): readonly (readonly Condition[])[] {
  const matchers = list.filter((matcher) => !isAbsence(matcher));
  const present = matchers.length > 0 ? [[{ path, matchers }]] : [];
  return matchers.length < list.length ? [...present, [{ path, matchers: undefined }]] : present;
}

function isAbsence(matcher: unknown): boolean {
  return JSON.stringify(matcher) === '{"exists":false}';
}

/** Whether fields can be chosen for the conditions that are in no two elements of one array. */
function satisfiable(
  conditions: readonly Condition[],
  fields: readonly Field[],
  chosen: Membership,
): boolean {
  const next = conditions.find(({ matchers }) => matchers !== undefined);
  if (next === undefined) {
    return conditions.every(
      ({ path }) => !fields.some((field) => field.path === path && consistent(field, chosen)),
    );
  }
  const rest = conditions.filter((condition) => condition !== next);
  return fields.some(
    (field) =>
      field.path === next.path &&
      consistent(field, chosen) &&
      next.matchers?.some((matcher) => valueFits(matcher, field.value)) === true &&
      satisfiable(rest, fields, new Map([...chosen, ...field.within])),
  );
}

function consistent({ within }: Field, chosen: Membership): boolean {
  return [...within].every(([array, i]) => !chosen.has(array) || chosen.get(array) === i);
}

function valueFits(matcher: unknown, value: unknown): boolean {
  if (typeof matcher !== "object" || matcher === null) return matcher === value;
  const [[name, operand] = ["", undefined]] = Object.entries(matcher as Json);
  if (name === "exists") return true;
  if (name === "anything-but") return !anythingButMatchers(operand).some((inner) => valueFits(inner, value));
  if (name === "numeric") return typeof value === "number" && comparisonsHold(operand as unknown[], value);
  return typeof value === "string" && stringFits(name, operand, value);
}

function anythingButMatchers(operand: unknown): readonly unknown[] {
  if (Array.isArray(operand) || typeof operand !== "object" || operand === null) return [operand].flat();
  return Object.entries(operand).flatMap(([name, inner]) => [inner].flat().map((one) => ({ [name]: one })));
}

function comparisonsHold([how, than, ...more]: readonly unknown[], value: number): boolean {
  const bound = than as number;
  const holds =
    how === "="
      ? value === bound
      : (String(how).startsWith("<") ? value < bound : value > bound) ||
        (String(how).endsWith("=") && value === bound);
  return holds && (more.length === 0 || comparisonsHold(more, value));
}

function stringFits(name: string, operand: unknown, value: string): boolean {
  if (typeof operand === "object" && operand !== null) {
    const text = String(Object.values(operand)[0]);
    return textFits(name, text.toLowerCase(), value.toLowerCase());
  }
  const text = String(operand);
  if (name === "equals-ignore-case") return text.toLowerCase() === value.toLowerCase();
  if (name === "wildcard")
    return new RegExp(`^${text.replace(/\\[*\\]|\*|[^\\*]/g, asExpression)}$`, "su").test(value);
  if (name === "cidr") return inBlock(text, value);
  return textFits(name, text, value);
}

function asExpression(token: string): string {
  if (token === "*") return ".*";
  const literal = token.at(-1) ?? "";
  return /[a-zA-Z0-9]/.test(literal) ? literal : `\\u{${literal.charCodeAt(0).toString(16)}}`;
}

function inBlock(block: string, address: string): boolean {
  const [network = "", bits] = block.split("/");
  const family = isIPv4(network) ? "ipv4" : "ipv6";
  if (!(family === "ipv4" ? isIPv4(address) : isIPv6(address))) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}
