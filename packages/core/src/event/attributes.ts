import { mediaKind } from "./media-type.js";
import { memoize } from "./memo.js";
import { isTimestamp } from "./timestamp.js";
import { uriKind } from "./uri.js";

const unusual = /[^ -~]/;
// CloudEvents 1.0.2, "Type System": no control characters, no lone surrogates, no noncharacters.
const forbidden = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
const wellFormedName = /^[a-z0-9]+$/;

const notText = "must be a string";
const emptyText = "must not be empty";
const badCharacter = "has a control character, a lone surrogate or a noncharacter";

/** The reason given for a name that is none. */
export const badName = "attribute names are lower-case letters and digits only, and never data";

/**
 * Why an event cannot have this attribute with this value, in a few words that never quote the value; undefined where
 * it can. The rules are those of CloudEvents 1.0.2 for its own attributes, and of the documented extensions that the
 * mesh relies on; every other attribute is an extension of the general rule.
 *
 * `traceparent` and `tracestate` are under the general rule on purpose: the W3C asks readers to start a new trace when
 * they cannot read one, not to refuse the message. `dataschema` may have a fragment, as in the specification's own JSON
 * schema, though RFC 3986 section 4.3 taken by the letter has none.
 *
 * @param value - neither null nor undefined, which both mean that the attribute is absent
 */
export function attributeProblem(name: string, value: unknown): string | undefined {
  switch (name) {
    case "specversion":
      return value === "1.0" ? undefined : 'must be "1.0", the only version read here';
    case "type":
      return typeName(value);
    case "id":
    case "subject":
    case "correlationid":
    case "causationid":
    case "partitionkey":
      return nonEmptyText(value);
    case "source":
    case "dataref":
      return uriReference(value);
    case "time":
    case "expirytime":
      return timestamp(value);
    case "datacontenttype":
      return mediaType(value);
    case "dataschema":
      return uri(value);
    default:
      return isAttributeName(name) ? extension(value) : badName;
  }
}

/**
 * Whether CloudEvents allows a name for an attribute. Names longer than 20 characters are allowed: the specification
 * only advises against them, and an event that is passed on must keep what it has.
 */
export const isAttributeName: (name: string) => boolean = memoize(
  (name) => wellFormedName.test(name) && name !== "data",
);

const isClean: (text: string) => boolean = memoize((text) => !hasForbidden(text));

function typeName(value: unknown): string | undefined {
  if (typeof value !== "string") return notText;
  if (value === "") return emptyText;
  return isClean(value) ? undefined : badCharacter;
}

function text(value: unknown): string | undefined {
  if (typeof value !== "string") return notText;
  return hasForbidden(value) ? badCharacter : undefined;
}

function hasForbidden(text: string): boolean {
  return unusual.test(text) && forbidden.test(text);
}

function nonEmptyText(value: unknown): string | undefined {
  return value === "" ? emptyText : text(value);
}

function timestamp(value: unknown): string | undefined {
  if (typeof value !== "string") return notText;
  return isTimestamp(value) ? undefined : "is no RFC 3339 timestamp";
}

function uriReference(value: unknown): string | undefined {
  if (typeof value !== "string") return notText;
  if (uriKind(value) !== "none") return undefined;
  return value === "" ? emptyText : "is no RFC 3986 URI-reference";
}

function uri(value: unknown): string | undefined {
  if (typeof value !== "string") return notText;
  if (uriKind(value) === "absolute") return undefined;
  return value === "" ? emptyText : "is no absolute RFC 3986 URI";
}

function mediaType(value: unknown): string | undefined {
  if (typeof value !== "string") return notText;
  return mediaKind(value) === "none" ? "is no RFC 2046 media type" : undefined;
}

function extension(value: unknown): string | undefined {
  if (typeof value === "string") return text(value);
  // `| 0` turns a number into the nearest int32, so only an int32 stays as it is.
  if (typeof value === "boolean" || (typeof value === "number" && (value | 0) === value)) return undefined;
  return "must be a string, a boolean or a 32-bit integer";
}
