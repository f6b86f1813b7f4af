import { invalid } from "../event/codes.js";
import { toText } from "./utf8.js";

/**
 * JSON text, or its bytes, as a value.
 *
 * @throws InvalidEventError `EVENT_UTF8_INVALID`, `EVENT_JSON_INVALID` at `path`
 */
export function parseJson(textOrBytes: string | Uint8Array, path: string): unknown {
  const text = toText(textOrBytes, path);
  try {
    return JSON.parse(text);
  } catch {
    // biome-ignore lint/style/useErrorCause: the message of JSON.parse quotes the text, which may be secret
    throw invalid("EVENT_JSON_INVALID", path, whyNoJson(text));
  }
}

/**
 * A value as JSON text, just as `JSON.stringify` writes it.
 *
 * @throws InvalidEventError `EVENT_DATA_INVALID` at `/data` where it cannot: a cycle, a bigint, nesting without end
 */
export function formatJson(value: unknown): string {
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (cause) {
    const reason = "cannot be written as JSON: it has a cycle, a bigint, or is nested too deeply";
    throw invalid("EVENT_DATA_INVALID", "/data", reason, { cause });
  }
  throw invalid("EVENT_DATA_INVALID", "/data", "its toJSON returns nothing");
}

function whyNoJson(text: string): string {
  if (text === "") return "there is nothing where JSON should be";
  if (text.startsWith("\ufeff")) return "the text begins with a byte order mark, which JSON must not have";
  return "the text is not JSON, or not all of it";
}
