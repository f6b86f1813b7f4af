import { invalid } from "../event/codes.js";

// A byte order mark is kept: text data may begin with one, and in JSON it is refused like any other stray character.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Text as it is, bytes as UTF-8.
 *
 * @throws InvalidEventError `EVENT_UTF8_INVALID` at `path`
 */
export function toText(textOrBytes: string | Uint8Array, path: string): string {
  if (typeof textOrBytes === "string") return textOrBytes;
  try {
    return decoder.decode(textOrBytes);
  } catch (cause) {
    throw invalid("EVENT_UTF8_INVALID", path, "the bytes are not UTF-8", { cause });
  }
}
