import { hash } from "node:crypto";
import { keptText, textBehind, textFrom } from "../texts.js";

/**
 * How the key of a document is kept. An index cannot hold long texts: of a long key it holds the beginning, and the digest
 * of the rest. `key` and `tail` together are the key, and their order is the order of keys.
 */
export interface StoredKey {
  readonly key: string;
  /** Empty where there is no rest. */
  readonly digest: string;
  readonly tail: string | null;
}

/** In code points, 4 bytes at most each: an index entry has room for about 2700 bytes, and the collection is in it too. */
const longest = 200;

export function storedKey(key: string): StoredKey {
  const kept = keptText(key);
  if (kept.length <= longest) return { key: kept, digest: "", tail: null };
  const points = [...kept];
  if (points.length <= longest) return { key: kept, digest: "", tail: null };
  const tail = points.slice(longest).join("");
  return { key: points.slice(0, longest).join(""), digest: hash("sha256", tail), tail };
}

export function keyFrom({ key, tail }: Pick<StoredKey, "key" | "tail">): string {
  return textFrom(tail === null ? key : key + tail);
}

/** What is true in SQL of keys that begin with a prefix; the index is read from the first one on to the last. */
export function startsWith(prefix: string, value: (value: string) => string): string {
  const { key, tail } = storedKey(prefix);
  if (tail !== null) return `key = ${value(key)} AND starts_with(tail, ${value(tail)})`;
  const behind = textBehind(key);
  return `key >= ${value(key)}${behind === undefined ? "" : ` AND key < ${value(behind)}`}`;
}

/** What is true in SQL of keys behind this one. */
export function isBehind(after: string, value: (value: string) => string): string {
  const { key, tail } = storedKey(after);
  return `key >= ${value(key)} AND (key > ${value(key)} OR coalesce(tail, '') > ${value(tail ?? "")})`;
}
