import { InvalidEventError } from "../errors/errors.js";

/**
 * Every code an `InvalidEventError` can have, each with what it means. The set is closed: a new code is a new entry
 * here, and a test shows a case of each.
 */
export const eventErrorCodes = {
  EVENT_UTF8_INVALID: "The bytes are not UTF-8.",
  EVENT_JSON_INVALID:
    "The text is not JSON: truncated, with a byte order mark, or something else altogether.",
  EVENT_NOT_OBJECT: "It is no object, so it cannot be an event.",
  EVENT_BATCH_INVALID: "A batch is a JSON array of events, and this is none.",
  EVENT_ATTRIBUTE_MISSING: "A required attribute (specversion, id, source, type) is absent or null.",
  EVENT_ATTRIBUTE_INVALID: "An attribute has a value that CloudEvents does not allow for it.",
  EVENT_ATTRIBUTE_NAME_INVALID: "A name is no attribute name: those are lower-case letters and digits only.",
  EVENT_DATA_AMBIGUOUS: "There is both a data and a data_base64 member.",
  EVENT_BASE64_INVALID: "The data_base64 member is no string of padded standard Base64.",
  EVENT_DATA_INVALID: "The data does not fit its datacontenttype, or cannot be written in this format.",
  EVENT_FORMAT_UNSUPPORTED: "The content type names an event format other than JSON, or a batch of events.",
} as const;

export type EventErrorCode = keyof typeof eventErrorCodes;

/** The one way to make an `InvalidEventError`, so that its code is always of the set. */
export function invalid(
  code: EventErrorCode,
  path: string,
  reason: string,
  options?: { readonly cause?: unknown },
): InvalidEventError {
  return new InvalidEventError(code, path, reason, options);
}
