/** Texts that begin in a certain way are a stretch of an index, which is in the order of bytes, and so of code points. */
import type { SqlValue } from "../driver.js";

/** Behind every text. */
const endOfTexts: SqlValue = new Uint8Array();
const [lastCodePoint, beforeSurrogates, behindSurrogates] = [0x10ffff, 0xd7ff, 0xe000];

/** The first text behind all that begin with this one. */
export function endOfPrefix(prefix: string): SqlValue {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === lastCodePoint) points.pop();
  const last = points.pop();
  if (last === undefined) return endOfTexts;
  return String.fromCodePoint(...points, last === beforeSurrogates ? behindSurrogates : last + 1);
}
