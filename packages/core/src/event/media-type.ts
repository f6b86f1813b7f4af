import { memoize } from "./memo.js";

// RFC 2045, section 5.1: a token is ASCII without blanks, controls and the "tspecials".
const token = "[!#$%&'*+\\-.^_`{|}~0-9A-Za-z]+";
const quoted = '"(?:[ !#-\\[\\]-~]|\\\\[ -~])*"';
const parameter = ` *; *${token}=(?:${token}|${quoted})`;
const mediaType = new RegExp(`^${token}/${token}(?:${parameter})*$`);
const json = /^[^;]*[/+]json *(?:;|$)/i;
const text = /^text\//i;
const foreignCharset = /; *charset=(?!"?(?:utf-8|us-ascii)"?(?: *;|$))/i;

/**
 * What data of a media type is in memory: `json` (JSON values), `text` (a string: `text/*` in UTF-8 or ASCII) or
 * `bytes`; `none` where the text is no media type as RFC 2046 has them.
 */
export type MediaKind = "json" | "text" | "bytes" | "none";

/**
 * The kind of a media type. Letter case does not matter, parameters may follow with or without blanks.
 *
 * @example mediaKind("application/vnd.acme+json;charset=utf-8") // "json"
 */
export const mediaKind: (type: string) => MediaKind = memoize((type) => {
  if (!mediaType.test(type)) return "none";
  if (json.test(type)) return "json";
  return text.test(type) && isUtf8(type) ? "text" : "bytes";
});

/** Whether a media type leaves text in UTF-8: it names that, or ASCII, or no charset at all. */
export function isUtf8(type: string): boolean {
  return !foreignCharset.test(type);
}
