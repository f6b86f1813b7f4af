import type { InvalidEventError } from "../errors/errors.js";
import { attributeProblem, badName, isAttributeName } from "./attributes.js";
import { invalid } from "./codes.js";
import type { MeshEvent } from "./event.js";
import { mediaKind } from "./media-type.js";

/** An object whose members are not known yet. */
export type EventRecord = Readonly<Record<string, unknown>>;

/**
 * Checks that an object in memory is a valid event: every attribute by CloudEvents 1.0.2, and data that fits its
 * `datacontenttype`. An attribute that is null or undefined counts as absent.
 *
 * @throws InvalidEventError with a code of `eventErrorCodes`, the path of the first thing wrong, and the reason
 * @example checkEvent({ specversion: "1.0", id: "1", source: "/ci", type: "com.acme.built.v1", data: {} });
 */
export function checkEvent(event: unknown): asserts event is MeshEvent {
  checkObject(event);
  checkAttributes(event);
  checkData(event);
}

/** Refuses what is no object. */
export function checkObject(value: unknown): asserts value is EventRecord {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw invalid("EVENT_NOT_OBJECT", "", "an event is an object");
}

/**
 * Checks the attributes in one pass.
 *
 * @returns whether some of them are null, which the JSON format allows and which means absent
 */
export function checkAttributes(event: EventRecord): boolean {
  let nulls = false;
  for (const name in event) {
    const value = event[name];
    if (name === "data" || value === undefined) continue;
    if (value === null && isAttributeName(name)) {
      nulls = true;
      continue;
    }
    const problem = attributeProblem(name, value);
    if (problem !== undefined) throw badAttribute(name, problem);
  }
  checkRequired(event);
  return nulls;
}

/** Checks that the data fits the `datacontenttype`, which is JSON where there is none. */
export function checkData(event: EventRecord): void {
  const { data, datacontenttype } = event;
  if (data === undefined || typeof data === "string" || isBytes(data)) return;
  if (!isJson(datacontenttype)) {
    throw invalid("EVENT_DATA_INVALID", "/data", "must be a string or bytes, as datacontenttype is not JSON");
  }
  if (!isJsonValue(data)) throw invalid("EVENT_DATA_INVALID", "/data", "is nothing that JSON can express");
}

/** Whether data is binary: a `Uint8Array`, also a `Buffer`, also one of another realm. */
export function isBytes(data: unknown): data is Uint8Array {
  return ArrayBuffer.isView(data) && Object.prototype.toString.call(data) === "[object Uint8Array]";
}

/** Whether a `datacontenttype` declares JSON, by its absence too. */
export function isJson(datacontenttype: unknown): boolean {
  return typeof datacontenttype !== "string" || mediaKind(datacontenttype) === "json";
}

/** A look at the outside only; what is inside is for the serializer. */
function isJsonValue(data: unknown): boolean {
  if (typeof data === "object") return !ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer);
  return typeof data === "boolean" || Number.isFinite(data);
}

function checkRequired({ specversion, id, source, type }: EventRecord): void {
  if (isAbsent(specversion)) throw missing("specversion");
  if (isAbsent(id)) throw missing("id");
  if (isAbsent(source)) throw missing("source");
  if (isAbsent(type)) throw missing("type");
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function missing(name: string): InvalidEventError {
  return invalid("EVENT_ATTRIBUTE_MISSING", `/${name}`, "is required");
}

/** Names come from outside: a path has a bad one only where it is short and printable. */
export function badAttribute(name: string, problem: string): InvalidEventError {
  if (problem !== badName) return invalid("EVENT_ATTRIBUTE_INVALID", `/${name}`, problem);
  const path = /^[!-~]{1,40}$/.test(name) ? `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}` : "";
  return invalid("EVENT_ATTRIBUTE_NAME_INVALID", path, problem);
}
