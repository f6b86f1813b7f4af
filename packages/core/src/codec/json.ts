import { InvalidEventError } from "../errors/errors.js";
import {
  checkAttributes,
  checkData,
  checkEvent,
  checkObject,
  type EventRecord,
  isBytes,
} from "../event/check.js";
import { type EventErrorCode, invalid } from "../event/codes.js";
import type { MeshEvent } from "../event/event.js";
import { fromBase64, toBase64 } from "./base64.js";
import { formatJson, parseJson } from "./json-text.js";

/**
 * Reads one event in the JSON event format (CloudEvents 1.0.2).
 *
 * Strict: what the specification calls invalid is refused. `data` stays the JSON value it is, null included; absent
 * data is undefined; `data_base64` becomes a `Uint8Array`. Attributes that are null are left out. Where a JSON object
 * repeats a member name the last one counts, as everywhere in JavaScript; it is the one checked and the one handed on.
 *
 * @param textOrBytes - JSON text, or its UTF-8 bytes
 * @throws InvalidEventError with a code of `eventErrorCodes`
 * @example
 * const event = parseEvent('{"specversion":"1.0","id":"1","source":"/ci","type":"com.acme.built.v1","data":0}');
 */
export function parseEvent(textOrBytes: string | Uint8Array): MeshEvent {
  return eventOf(parseJson(textOrBytes, ""));
}

/**
 * Reads a batch in the JSON batch format: an array of events, which may be empty. One invalid event refuses the batch.
 *
 * @throws InvalidEventError as `parseEvent`, with the place in the batch before the path: "/2/time"
 */
export function parseBatch(textOrBytes: string | Uint8Array): MeshEvent[] {
  const batch = parseJson(textOrBytes, "");
  if (!Array.isArray(batch)) throw invalid("EVENT_BATCH_INVALID", "", "a batch is a JSON array of events");
  return batch.map((element, index) => at(index, () => eventOf(element)));
}

/**
 * Writes an event in the JSON event format. Data is written as `JSON.stringify` writes it, binary data as
 * `data_base64`.
 *
 * @throws InvalidEventError where the event is not valid, or its data cannot be written as JSON
 */
export function formatEvent(event: MeshEvent): string {
  checkEvent(event);
  return formatJson(isBytes(event.data) ? withBase64(event, event.data) : event);
}

/**
 * Writes events in the JSON batch format.
 *
 * @throws InvalidEventError as `formatEvent`, with the place in the batch before the path
 */
export function formatBatch(events: readonly MeshEvent[]): string {
  return `[${events.map((event, index) => at(index, () => formatEvent(event))).join(",")}]`;
}

/** On the way of most events this is one pass of checks, and the parsed object itself. */
function eventOf(value: unknown): MeshEvent {
  checkObject(value);
  const record = value.data_base64 === undefined ? value : withBytes(value);
  const nulls = checkAttributes(record);
  checkData(record);
  return (nulls ? withoutNulls(record) : record) as EventRecord & MeshEvent;
}

function withBytes(record: EventRecord): EventRecord {
  const { data_base64, ...event } = record;
  if (event.data === undefined) return { ...event, data: fromBase64(data_base64) };
  throw invalid("EVENT_DATA_AMBIGUOUS", "/data_base64", "there must not be both data and data_base64");
}

function withoutNulls(record: EventRecord): EventRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([name, value]) => value !== null || name === "data"),
  );
}

function withBase64(event: MeshEvent, bytes: Uint8Array): EventRecord {
  const { data: _, ...attributes } = event;
  return { ...attributes, data_base64: toBase64(bytes) };
}

/** Puts the place in a batch before the path of an error. */
function at<Result>(index: number, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    throw invalid(error.code as EventErrorCode, `/${index}${error.path}`, error.reason, {
      cause: error.cause,
    });
  }
}
