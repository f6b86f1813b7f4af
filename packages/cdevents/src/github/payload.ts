/** Reading a payload of unknown shape: each reader checks what it takes and refuses the rest, naming the place. */

/** A place in the payload. */
export interface Place {
  /** JSON pointer from the payload's root. */
  readonly path: string;
  readonly value: unknown;
}

/** Why a payload is refused. Thrown by the readers and caught by `translateGitHub`; it never leaves this folder. */
export class Refusal extends Error {
  readonly path: string;
  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
  }
}

/** The value at the end of the keys; null counts as absent, and so does everything below an absent value. */
function look(place: Place, keys: readonly string[]): Place {
  let path = place.path;
  let value = place.value ?? undefined;
  for (const key of keys) {
    if (value !== undefined && (typeof value !== "object" || Array.isArray(value))) {
      throw new Refusal(path, "must be an object");
    }
    path = `${path}/${key}`;
    value =
      value !== undefined && Object.hasOwn(value, key) ? (Reflect.get(value, key) ?? undefined) : undefined;
  }
  return { path, value };
}

/** An object. */
export function object(place: Place, ...keys: string[]): Place {
  const found = look(place, keys);
  if (typeof found.value === "object" && !Array.isArray(found.value)) return found;
  throw new Refusal(found.path, found.value === undefined ? "is missing" : "must be an object");
}

/** True where there is neither a value nor null in place of one. */
export function isAbsent(place: Place, ...keys: string[]): boolean {
  return look(place, keys).value === undefined;
}

/** The entries of an array; none where it is absent. */
export function entries(place: Place, ...keys: string[]): readonly Place[] {
  const found = look(place, keys);
  if (found.value === undefined) return [];
  if (!Array.isArray(found.value)) throw new Refusal(found.path, "must be an array");
  return found.value.map((value: unknown, index) => ({ path: `${found.path}/${index}`, value }));
}

/** Any text, also an empty one; undefined where it is absent. */
export function optionalText(place: Place, ...keys: string[]): string | undefined {
  const found = look(place, keys);
  if (found.value === undefined || typeof found.value === "string") return found.value;
  throw new Refusal(found.path, "must be a string");
}

/** Any text, also an empty one. */
export function text(place: Place, ...keys: string[]): string {
  return present(place, keys, optionalText(place, ...keys));
}

// What CloudEvents forbids in attributes: names become subjects and ids.
const forbidden = /[\p{Cc}\p{Surrogate}\p{Noncharacter_Code_Point}]/u;

/** Text that can stand in an id: not empty, no control characters. */
export function name(place: Place, ...keys: string[]): string {
  const value = text(place, ...keys);
  if (value !== "" && !forbidden.test(value)) return value;
  throw new Refusal(look(place, keys).path, "must be a name: not empty, no control characters");
}

/** As `name`, but undefined where it is absent or empty. */
export function optionalName(place: Place, ...keys: string[]): string | undefined {
  return optionalText(place, ...keys) ? name(place, ...keys) : undefined;
}

/** A non-negative integer. */
export function integer(place: Place, ...keys: string[]): number {
  const { path, value } = look(place, keys);
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new Refusal(path, value === undefined ? "is missing" : "must be a non-negative integer");
}

/** A non-negative integer; undefined where it is absent. */
export function optionalInteger(place: Place, ...keys: string[]): number | undefined {
  return isAbsent(place, ...keys) ? undefined : integer(place, ...keys);
}

/** True or false; false where it is absent. */
export function flag(place: Place, ...keys: string[]): boolean {
  const { path, value } = look(place, keys);
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw new Refusal(path, "must be true or false");
}

// Narrower than RFC 3986, and what GitHub sends: hosts by name, no brackets, percent signs only as escapes.
const webAddress =
  /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?(?:[/?#](?:[\w\-.~:/?@!$&'()*+,;=^]|%[0-9a-f]{2})*)?$/i;

/** The address of a web page. */
export function url(place: Place, ...keys: string[]): string {
  const value = text(place, ...keys);
  if (webAddress.test(value)) return value.replaceAll("^", "%5E");
  throw new Refusal(look(place, keys).path, "must be a URL of http or https");
}

/** As `url`, but undefined where it is absent or empty. */
export function optionalUrl(place: Place, ...keys: string[]): string | undefined {
  return optionalText(place, ...keys) ? url(place, ...keys) : undefined;
}

const rfc3339 = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
/** What GitHub sends for a time it does not know. */
const zeroTime = "0001-01-01T00:00:00Z";

/** An RFC 3339 time; undefined where it is absent or GitHub's zero. */
export function optionalTime(place: Place, ...keys: string[]): string | undefined {
  const value = optionalText(place, ...keys);
  if (value === undefined || value === zeroTime) return undefined;
  if (rfc3339.test(value) && !Number.isNaN(Date.parse(value)) && isCalendarDate(value)) return value;
  throw new Refusal(look(place, keys).path, "must be a time of RFC 3339");
}

/** An RFC 3339 time. */
export function time(place: Place, ...keys: string[]): string {
  return present(place, keys, optionalTime(place, ...keys));
}

/** The first of several times that is there. */
export function firstTime(place: Place, ...fields: readonly string[][]): string {
  for (const keys of fields) {
    const found = optionalTime(place, ...keys);
    if (found !== undefined) return found;
  }
  throw new Refusal(look(place, fields[0] ?? []).path, "is missing, and nothing else tells the time");
}

/** A commit id; undefined where the text is something else, such as a branch name. */
export function commitId(value: string | undefined): string | undefined {
  return value !== undefined && /^(?!0+$)(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value) ? value : undefined;
}

/** A commit id. */
export function commit(place: Place, ...keys: string[]): string {
  const value = commitId(text(place, ...keys));
  if (value !== undefined) return value;
  throw new Refusal(look(place, keys).path, "must be a commit id");
}

/** `Date.parse` takes the 30th of February for the 1st or 2nd of March. */
function isCalendarDate(value: string): boolean {
  const day = value.slice(0, 10);
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

function present<Value>(place: Place, keys: readonly string[], value: Value | undefined): Value {
  if (value !== undefined) return value;
  throw new Refusal(look(place, keys).path, "is missing");
}
