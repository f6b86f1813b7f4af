import { badName, isAttributeName } from "../event/attributes.js";
import { badAttribute, checkAttributes, checkEvent, isBytes, isJson } from "../event/check.js";
import { invalid } from "../event/codes.js";
import type { MeshEvent } from "../event/event.js";
import { isUtf8, mediaKind } from "../event/media-type.js";
import { formatJson, parseJson } from "./json-text.js";
import type { EncodedEvent } from "./message.js";
import { percentDecode, percentEncode } from "./percent.js";
import { toText } from "./utf8.js";

const prefix = "ce-";
const loneSurrogate = /\p{Cs}/u;

/** An event in binary mode; see `encode`. */
export function encodeBinary(event: MeshEvent): EncodedEvent {
  checkEvent(event);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(event)) {
    if (name === "data" || name === "datacontenttype" || value === undefined || value === null) continue;
    headers[prefix + name] = percentEncode(String(value));
  }
  return { contentType: contentTypeOf(event), headers, body: bodyOf(event) };
}

/** The event of a message in binary mode; see `decode`. */
export function decodeBinary({ contentType, headers, body }: EncodedEvent): MeshEvent {
  const event: Record<string, unknown> = {};
  for (const [header, value] of Object.entries(headers)) {
    const name = header.toLowerCase();
    if (name.startsWith(prefix)) setAttribute(event, name.slice(prefix.length), value);
  }
  if (contentType !== "") event["datacontenttype"] = contentType;
  checkAttributes(event);
  const data = dataOf(contentType, body);
  if (data !== undefined) event["data"] = data;
  return event as Record<string, unknown> & MeshEvent;
}

/** JSON data without a media type gets the one it implies, as the JSON format asks (section 3.1.2). */
function contentTypeOf({ datacontenttype, data }: MeshEvent): string {
  return datacontenttype ?? (data === undefined || isBytes(data) ? "" : "application/json");
}

function bodyOf({ datacontenttype, data }: MeshEvent): string | Uint8Array {
  if (data === undefined) return "";
  if (isBytes(data)) return data;
  if (isJson(datacontenttype)) return formatJson(data);
  const text = String(data);
  if (!isUtf8(datacontenttype ?? "")) {
    throw invalid("EVENT_DATA_INVALID", "/data", "text in a charset other than UTF-8 must be given as bytes");
  }
  if (loneSurrogate.test(text)) {
    throw invalid("EVENT_DATA_INVALID", "/data", "has a lone surrogate, which UTF-8 cannot express");
  }
  return text;
}

function setAttribute(event: Record<string, unknown>, name: string, value: unknown): void {
  if (!isAttributeName(name)) throw badAttribute(name, badName);
  const path = `/${name}`;
  if (name === "datacontenttype") {
    throw invalid("EVENT_ATTRIBUTE_INVALID", path, "travels as the content type, not as a header of its own");
  }
  if (typeof value !== "string" || Object.hasOwn(event, name)) {
    throw invalid("EVENT_ATTRIBUTE_INVALID", path, "must be one header with one value");
  }
  const text = percentDecode(value);
  if (text === undefined)
    throw invalid("EVENT_UTF8_INVALID", path, "its percent-encoded bytes are not UTF-8");
  event[name] = text;
}

/** An empty body is absent data where it could not be any other: JSON is never empty, and no type means no data. */
function dataOf(contentType: string, body: string | Uint8Array): unknown {
  const kind = contentType === "" ? "bytes" : mediaKind(contentType);
  if (body.length === 0 && (kind === "json" || contentType === "")) return undefined;
  if (kind === "json") return parseJson(body, "/data");
  return kind === "text" ? toText(body, "/data") : toBytes(body);
}

/** A plain `Uint8Array` over the same memory, also of a `Buffer`. */
function toBytes(body: string | Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
