/**
 * Event <-> wire message, in the two content modes of CloudEvents: *structured*, the whole event as one JSON text,
 * and *binary*, the data as it is with the attributes beside it as `ce-…` headers. `json.ts` is structured mode and
 * batches, `binary.ts` binary mode; this file chooses. Every function either returns a valid event or message or
 * throws `InvalidEventError`. This folder imports errors, util and event only.
 */
import { invalid } from "../event/codes.js";
import type { MeshEvent } from "../event/event.js";
import { memoize } from "../event/memo.js";
import { decodeBinary, encodeBinary } from "./binary.js";
import { formatEvent, parseEvent } from "./json.js";
import { LocalEvent } from "./local-event.js";
import { type EncodedEvent, eventMediaType, noHeaders } from "./message.js";

/** Structured: one JSON text, the default of brokers. Binary: data as it is, attributes as headers. */
export type ContentMode = "structured" | "binary";

/** The media type of a batch in the JSON batch format. */
export const batchMediaType = "application/cloudevents-batch+json";

/**
 * An event as a wire message.
 *
 * Structured mode keeps everything. Binary mode follows the HTTP binding and loses what HTTP has no place for:
 * extensions that are integers or booleans come back as their text; string data comes back as bytes unless its media
 * type is `text/*` or JSON; bytes of a JSON or `text/*` media type come back as the JSON value or string they spell;
 * JSON data without `datacontenttype` comes back with `application/json`; absent data of another media type comes back
 * empty.
 *
 * @throws InvalidEventError where the event is not valid, or its data cannot be written
 * @example encode(event, "structured").body // '{"specversion":"1.0",…}'
 */
export function encode(event: MeshEvent, mode: ContentMode): EncodedEvent {
  if (mode === "binary") return encodeBinary(event);
  return { contentType: eventMediaType, headers: noHeaders, body: formatEvent(event) };
}

/**
 * The event of a wire message. The content type decides: `application/cloudevents+json` is structured mode, other
 * `application/cloudevents…` types are refused, everything else is binary mode. Headers other than `ce-…`, and all of
 * them in structured mode, are passed over.
 *
 * @throws InvalidEventError with a code of `eventErrorCodes`
 * @example decode({ contentType: "application/cloudevents+json; charset=utf-8", headers: {}, body })
 */
export function decode(message: EncodedEvent): MeshEvent {
  if (message instanceof LocalEvent) return message.event();
  const mode = modeOf(message.contentType);
  if (mode === "structured") return parseEvent(message.body);
  if (mode === "binary") return decodeBinary(message);
  throw invalid("EVENT_FORMAT_UNSUPPORTED", "", mode);
}

/** The content mode a content type stands for, or the reason why there is none. */
const modeOf: (contentType: string) => string = memoize((contentType) => {
  const essence = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (essence === eventMediaType) return "structured";
  if (!essence.startsWith("application/cloudevents")) return "binary";
  return essence === batchMediaType
    ? "it is a batch of events, which parseBatch reads"
    : "the only event format read here is JSON";
});
