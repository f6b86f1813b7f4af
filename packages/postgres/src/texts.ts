/**
 * Texts of any characters as ones that PostgreSQL can keep. Their order by code point stays the same, and what begins with
 * another still does. Those of usual keys stay as they are.
 */
const perhapsOdd = /[\p{Cc}\p{Cs}\ud7ff]/u;

/**
 * Surrogates without their other half are put where they stand among the code points: behind U+D7FF, which nobody uses. It is
 * itself told from those by what follows it.
 */
const [belowHalves, afterItself, afterOthers] = ["\ud7ff", "\x01", "\x02"];

export function keptText(text: string): string {
  if (!perhapsOdd.test(text)) return text;
  return text
    .replaceAll("\x01", "\x01\x02")
    .replaceAll("\0", "\x01\x01")
    .replaceAll(belowHalves, belowHalves + afterItself)
    .replace(/\p{Cs}/gu, (half) => belowHalves + afterOthers + half.charCodeAt(0).toString(16));
}

/** The text that `keptText` was given. */
export function textFrom(kept: string): string {
  if (!perhapsOdd.test(kept)) return kept;
  const [first = "", ...rest] = kept.split(belowHalves + afterOthers);
  const halves = rest.map(
    (part) => String.fromCharCode(Number.parseInt(part.slice(0, 4), 16)) + part.slice(4),
  );
  return [first, ...halves]
    .join("")
    .replaceAll(belowHalves + afterItself, belowHalves)
    .replaceAll("\x01\x01", "\0")
    .replaceAll("\x01\x02", "\x01");
}

/** The first text behind all that begin with this one; undefined where there is none. */
export function textBehind(prefix: string): string | undefined {
  const points = [...prefix].map((character) => character.codePointAt(0) as number);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // There is nothing between the two but halves of surrogate pairs.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
